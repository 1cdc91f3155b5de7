//! `keys`

use serde_json::Value;

use crate::context::Context;
use crate::exit::{Exit, Failure};

pub(crate) fn run(context: &Context) -> Result<Exit, Failure> {
    let variables = context.credentials.new_account()?.environment();
    for (name, value) in &variables {
        context.output.line(&format!("{name}={value}"));
    }
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value)));
    context.output.json(&Value::Object(variables.collect()));
    Ok(Exit::Success)
}
