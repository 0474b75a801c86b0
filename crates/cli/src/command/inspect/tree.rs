//! What `inspect` prints for people: the parsed tree, or the error with a caret, its rule and its clause.

use std::io::{self, Write};

use serde_json::Value;

use super::clause::clause;
use super::finding::{Finding, Verdict};
use crate::args::Kind;
use crate::report::shown;

/// Prints what was found out about one input.
pub(super) fn print(
    out: &mut impl Write,
    file: &str,
    kind: Kind,
    finding: &Finding,
    bytes: &[u8],
) -> io::Result<()> {
    let verdict = match finding.verdict {
        Verdict::Valid => "valid",
        Verdict::Tolerated => "tolerated",
        Verdict::Incomplete => "incomplete",
        Verdict::Invalid => "invalid",
    };
    writeln!(out, "{}: {verdict} {}", shown(file), kind.name())?;
    if let Some(fault) = &finding.error {
        match &fault.source {
            Some(error) => {
                for line in error.caret(bytes).lines() {
                    writeln!(out, "  {line}")?;
                }
                let line = bytes.iter().take(fault.offset).filter(|&&byte| byte == b'\n').count() + 1;
                writeln!(out, "  line {line}, rule {}, {}", fault.rule, clause(kind, fault.rule))?;
            }
            None => writeln!(out, "  {}", fault.message)?,
        }
    }
    for pardon in &finding.forgiven {
        let (rule, offset) = (pardon.rule, pardon.offset);
        writeln!(out, "  tolerated: {rule} at byte {offset}, {}", clause(kind, rule))?;
    }
    if let Some(answer) = finding.answer {
        writeln!(out, "  a user agent answers {answer}")?;
    }
    if let Some(extract) = &finding.extract {
        branch(out, &serde_json::to_value(extract)?, 1)?;
    }
    Ok(())
}

/// Members of an object and of a list, one a line; what says nothing is left out.
fn branch(out: &mut impl Write, value: &Value, depth: usize) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(_, value)| !is_empty(value)) {
                match leaf(value) {
                    Some(text) => writeln!(out, "{indent}{name}: {text}")?,
                    None => {
                        writeln!(out, "{indent}{name}")?;
                        branch(out, value, depth + 1)?;
                    }
                }
            }
        }
        Value::Array(items) => {
            for (number, item) in (1..).zip(items) {
                match leaf(item) {
                    Some(text) => writeln!(out, "{indent}- {text}")?,
                    None => {
                        writeln!(out, "{indent}{number}.")?;
                        branch(out, item, depth + 1)?;
                    }
                }
            }
        }
        other => writeln!(out, "{indent}{}", leaf(other).unwrap_or_default())?,
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// What fits on the line of its name.
fn leaf(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.is_empty() => Some("\"\"".to_owned()),
        Value::String(text) => Some(shown(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Array(items) if items.len() == 1 => items.first().and_then(leaf),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
