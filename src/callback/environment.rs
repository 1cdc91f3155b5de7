use std::env::VarError;

use super::{Callback, ConfigError};

impl Callback {
    /// Reads the account from environment variables: `WECHAT_APP_ID`, `WECHAT_TOKEN`, and if they are set
    /// `WECHAT_ENCODING_AES_KEY`, `WECHAT_MODE` (`plain`, `compatible` or `safe`; unless set it is safe with a key
    /// and plain without) and `WECHAT_FORMAT` (`xml` or `json`; unless set it is XML).
    ///
    /// ```no_run
    /// # use wechat_callback::Callback;
    /// let callback = Callback::from_env()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a variable is missing, empty or wrong. An empty key is an error, not plain mode.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var(name))
    }

    /// Reads an app of WeCom (企业微信) from environment variables: `WECHAT_CORP_ID`, `WECHAT_TOKEN` and
    /// `WECHAT_ENCODING_AES_KEY`.
    ///
    /// ```no_run
    /// # use wechat_callback::Callback;
    /// let callback = Callback::wecom_from_env()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a variable is missing, empty or wrong.
    pub fn wecom_from_env() -> Result<Self, ConfigError> {
        Self::wecom_from_variables(|name| std::env::var(name))
    }

    /// Reads an AI bot of WeCom (企业微信智能机器人) from environment variables: `AIBOT_TOKEN` and `AIBOT_ENCODING_AES_KEY`.
    ///
    /// They are others than those of an account, so that one process can answer both.
    ///
    /// ```no_run
    /// # use wechat_callback::Callback;
    /// let callback = Callback::aibot_from_env()?;
    /// # Ok::<(), wechat_callback::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if a variable is missing, empty or wrong.
    pub fn aibot_from_env() -> Result<Self, ConfigError> {
        Self::aibot_from_variables(|name| std::env::var(name))
    }

    fn from_variables(read: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, ConfigError> {
        let variable = |name| variable(&read, name);
        let mut builder = Self::builder(required(&read, "WECHAT_APP_ID")?, required(&read, "WECHAT_TOKEN")?);
        if let Some(key) = variable("WECHAT_ENCODING_AES_KEY")? {
            builder = builder.encoding_aes_key(key);
        }
        if let Some(mode) = variable("WECHAT_MODE")? {
            builder = builder.mode(mode.parse()?);
        }
        if let Some(format) = variable("WECHAT_FORMAT")? {
            builder = builder.format(format.parse()?);
        }
        builder.build()
    }

    fn wecom_from_variables(read: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, ConfigError> {
        let [corp_id, token, key] =
            ["WECHAT_CORP_ID", "WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY"].map(|name| required(&read, name));
        Self::wecom(corp_id?, token?, key?).build()
    }

    fn aibot_from_variables(read: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, ConfigError> {
        let [token, key] = ["AIBOT_TOKEN", "AIBOT_ENCODING_AES_KEY"].map(|name| required(&read, name));
        Self::aibot(token?, key?).build()
    }
}

/// The value of a variable. An empty one is a mistake.
fn variable(
    read: &impl Fn(&str) -> Result<String, VarError>,
    name: &'static str,
) -> Result<Option<String>, ConfigError> {
    match read(name) {
        Ok(value) if !value.is_empty() => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        _ => Err(ConfigError::VariableUnreadable { name }),
    }
}

fn required(
    read: &impl Fn(&str) -> Result<String, VarError>,
    name: &'static str,
) -> Result<String, ConfigError> {
    variable(read, name)?.ok_or(ConfigError::VariableMissing { name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataFormat, SecurityMode};

    const APP_ID: &str = "wx5823bf96d3bd56c7";
    const TOKEN: &str = "QDG6eKxyrqUnkq3M";
    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    fn from_variables(variables: &[(&str, &str)]) -> Result<Callback, ConfigError> {
        Callback::from_variables(|name| {
            let found = variables.iter().find(|(found, _)| *found == name);
            found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
        })
    }

    #[test]
    fn the_environment_is_read() {
        let minimal = [("WECHAT_APP_ID", APP_ID), ("WECHAT_TOKEN", TOKEN)];
        assert_eq!(from_variables(&minimal).map(|callback| callback.mode()), Ok(SecurityMode::Plain));
        let key = [&minimal[..], &[("WECHAT_ENCODING_AES_KEY", KEY)]].concat();
        assert_eq!(from_variables(&key).map(|callback| callback.mode()), Ok(SecurityMode::Safe));
        let mode = [&key[..], &[("WECHAT_MODE", "compatible")]].concat();
        assert_eq!(from_variables(&mode).map(|callback| callback.mode()), Ok(SecurityMode::Compatible));
    }

    #[test]
    fn the_environment_says_the_data_format() {
        let with = |format| {
            from_variables(&[("WECHAT_APP_ID", APP_ID), ("WECHAT_TOKEN", TOKEN), ("WECHAT_FORMAT", format)])
        };
        assert_eq!(with("JSON").map(|callback| callback.format()), Ok(DataFormat::Json));
        assert_eq!(with("xml").map(|callback| callback.format()), Ok(DataFormat::Xml));
        assert_eq!(with("yaml").err(), Some(ConfigError::UnknownFormat));
    }

    #[test]
    fn an_app_of_wecom_is_read_from_three_variables() {
        let all = [("WECHAT_CORP_ID", APP_ID), ("WECHAT_TOKEN", TOKEN), ("WECHAT_ENCODING_AES_KEY", KEY)];
        let read = |variables: &[(&str, &str)]| {
            Callback::wecom_from_variables(|name| {
                let found = variables.iter().find(|(found, _)| *found == name);
                found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
            })
        };
        assert_eq!(read(&all).map(|callback| callback.mode()), Ok(SecurityMode::Safe));
        for (index, (name, _)) in all.into_iter().enumerate() {
            let mut without = all.to_vec();
            without.remove(index);
            assert_eq!(read(&without).err(), Some(ConfigError::VariableMissing { name }));
        }
    }

    #[test]
    fn an_ai_bot_is_read_from_two_variables() {
        let all = [("AIBOT_TOKEN", TOKEN), ("AIBOT_ENCODING_AES_KEY", KEY)];
        let read = |variables: &[(&str, &str)]| {
            Callback::aibot_from_variables(|name| {
                let found = variables.iter().find(|(found, _)| *found == name);
                found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
            })
        };
        assert_eq!(read(&all).map(|callback| callback.format()), Ok(DataFormat::Json));
        for (index, (name, _)) in all.into_iter().enumerate() {
            let mut without = all.to_vec();
            without.remove(index);
            assert_eq!(read(&without).err(), Some(ConfigError::VariableMissing { name }));
        }
    }

    #[test]
    fn a_missing_variable_is_named() {
        let missing = |variables| from_variables(variables).err();
        assert_eq!(missing(&[]), Some(ConfigError::VariableMissing { name: "WECHAT_APP_ID" }));
        let app_id = [("WECHAT_APP_ID", APP_ID)];
        assert_eq!(missing(&app_id), Some(ConfigError::VariableMissing { name: "WECHAT_TOKEN" }));
    }

    /// Otherwise a deployment that has lost its key would fall back to plain mode silently.
    #[test]
    fn an_empty_variable_is_a_mistake() {
        for name in
            ["WECHAT_APP_ID", "WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY", "WECHAT_MODE", "WECHAT_FORMAT"]
        {
            let all = [("WECHAT_APP_ID", APP_ID), ("WECHAT_TOKEN", TOKEN)];
            let variables = [&[(name, "")], &all[..]].concat();
            assert_eq!(from_variables(&variables).err(), Some(ConfigError::VariableUnreadable { name }));
        }
    }
}
