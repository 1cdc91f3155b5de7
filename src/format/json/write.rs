/// Begins a member: its name, and a comma if it is not the first of its object.
#[inline(never)]
pub(crate) fn begin_member(out: &mut String, name: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push('"');
    push_text(out, name);
    out.push_str("\":");
}

/// Writes a member that is a string.
#[inline(never)]
pub(crate) fn member(out: &mut String, name: &str, text: &str) {
    begin_member(out, name);
    out.push('"');
    push_text(out, text);
    out.push('"');
}

/// Writes what is between the quotes of a string.
pub(crate) fn push_text(out: &mut String, mut text: &str) {
    let is_special = |char: char| matches!(char, '"' | '\\' | '\0'..='\u{1f}');
    while let Some((plain, rest)) = text.find(is_special).and_then(|at| text.split_at_checked(at)) {
        out.push_str(plain);
        let mut chars = rest.chars();
        match chars.next().unwrap_or_default() {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char @ ('"' | '\\') => out.extend(['\\', char]),
            control => {
                let digit = |digit| char::from_digit(digit, 16).unwrap_or_default();
                out.push_str("\\u00");
                out.extend([digit(u32::from(control) >> 4), digit(u32::from(control) & 0xf)]);
            }
        }
        text = chars.as_str();
    }
    out.push_str(text);
}

/// Writes a name of XML as WeCom's JSON spells it: in lower case, with underscores between its words, but for a few.
pub(crate) fn push_snake_case(out: &mut String, name: &str) {
    let known = match name {
        "AppId" => Some("appid"),
        "CheckBox" => Some("checkbox"),
        "KeyName" => Some("keyname"),
        "PagePath" => Some("pagepath"),
        "UserId" => Some("userid"),
        _ => None,
    };
    if let Some(known) = known {
        return out.push_str(known);
    }
    for (index, char) in name.chars().enumerate() {
        if char.is_ascii_uppercase() && index > 0 {
            out.push('_');
        }
        out.push(char.to_ascii_lowercase());
    }
}
