//! `cargo xtask tidy`: the rules of the workspace that no compiler checks. Also a test.

mod arrows;
mod source;

use std::fs;
use std::path::Path;

use crate::metadata::Workspace;
use crate::{Result, run};

/// One broken rule; prints as a compiler would.
#[derive(Debug, PartialEq, Eq)]
struct Problem {
    /// The file, from the root of the workspace.
    file: String,
    /// Counted from 1; 0 means the file as a whole.
    line: usize,
    what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}:{line}: {}", self.file, self.what),
        }
    }
}

/// Checks the whole workspace.
pub(crate) fn run() -> Result {
    let root = run::root();
    let mut problems = files(&root);
    problems.extend(arrows::check(&Workspace::load()?));
    problems.extend(readme(&root));
    problems.extend(book(&root)?);
    if problems.is_empty() {
        return Ok(());
    }
    let count = problems.len();
    let list: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Err(format!("{}\n{count} broken rules", list.join("\n")).into())
}

/// Every file we write by hand.
fn files(root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for path in run::files_below(root) {
        let Ok(name) = path.strip_prefix(root) else { continue };
        let name = name.to_string_lossy();
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        // Test data is kept as it is.
        let data = ["/corpus/", "fuzz/seeds/", "fuzz/artifacts/"];
        if data.iter().any(|folder| name.contains(folder)) {
            continue;
        }
        if !matches!(end, "rs" | "toml" | "md" | "py" | "cfg" | "xml") {
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            problems.push(Problem { file: name.into_owned(), line: 0, what: "is not UTF-8 text".to_owned() });
            continue;
        };
        problems.extend(source::blanks(&name, &text));
        if end == "rs" {
            problems.extend(source::rust(&name, &text));
        }
    }
    problems
}

/// The README is the documentation of the facade crate, and there is one of it.
fn readme(root: &Path) -> Option<Problem> {
    let what = match fs::read_link(root.join("README.md")) {
        Ok(target) if target == Path::new("crates/simple-im/README.md") => return None,
        _ => "must be a symbolic link to crates/simple-im/README.md".to_owned(),
    };
    Some(Problem { file: "README.md".to_owned(), line: 0, what })
}

/// docs/architecture.md names every crate that can be published.
fn book(root: &Path) -> Result<Vec<Problem>> {
    let file = "docs/architecture.md";
    let text = fs::read_to_string(root.join(file)).unwrap_or_default();
    let workspace = Workspace::load()?;
    let missing = workspace.members.iter().filter(|(name, member)| {
        let folder = name.strip_prefix("simple-im-").unwrap_or(name);
        member.published && !text.contains(&format!("`{folder}`"))
    });
    Ok(missing
        .map(|(name, _)| Problem {
            file: file.to_owned(),
            line: 0,
            what: format!("does not speak of {name}"),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_workspace_is_tidy() {
        if let Err(problems) = super::run() {
            panic!("{problems}");
        }
    }
}
