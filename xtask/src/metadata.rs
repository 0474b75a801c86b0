//! `Workspace`: what `cargo metadata` says about the members and what they depend on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{Result, run};

/// The members of the workspace and every package in its lock file.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// By package name.
    pub(crate) members: BTreeMap<String, Member>,
    /// Every package that takes part in a build, members left out.
    pub(crate) foreign: Vec<Foreign>,
}

/// One crate of ours.
#[derive(Debug)]
pub(crate) struct Member {
    /// Names of the members it depends on, dev-dependencies left out.
    pub(crate) needs: BTreeSet<String>,
    /// Names of the members its tests depend on besides.
    pub(crate) tests_need: BTreeSet<String>,
    /// Its features, `default` left out.
    pub(crate) features: Vec<String>,
    /// Whether it can be published.
    pub(crate) published: bool,
}

/// One package of somebody else.
#[derive(Debug)]
pub(crate) struct Foreign {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licence: String,
    /// `None` for a path, else such as `registry+https://..`.
    pub(crate) source: Option<String>,
}

impl Workspace {
    /// Asks cargo; nothing is built or downloaded anew.
    pub(crate) fn load() -> Result<Self> {
        let printed = run::output(&mut run::cargo(["metadata", "--format-version=1", "--locked"]))?;
        let value: Value = serde_json::from_str(&printed)?;
        let own: BTreeSet<&str> =
            list(&value, "workspace_members").iter().filter_map(Value::as_str).collect();
        let packages = list(&value, "packages");
        let is_own = |package: &Value| own.contains(text(package, "id"));
        let names: BTreeSet<&str> =
            packages.iter().filter(|package| is_own(package)).map(|package| text(package, "name")).collect();
        let mut workspace = Self { members: BTreeMap::new(), foreign: Vec::new() };
        for package in packages {
            let name = text(package, "name").to_owned();
            if is_own(package) {
                workspace.members.insert(name, Member::read(package, &names));
            } else {
                workspace.foreign.push(Foreign {
                    name,
                    version: text(package, "version").to_owned(),
                    licence: text(package, "license").to_owned(),
                    source: package.get("source").and_then(Value::as_str).map(ToOwned::to_owned),
                });
            }
        }
        Ok(workspace)
    }
}

impl Member {
    fn read(package: &Value, own: &BTreeSet<&str>) -> Self {
        let mut member = Self {
            needs: BTreeSet::new(),
            tests_need: BTreeSet::new(),
            features: Vec::new(),
            published: package
                .get("publish")
                .and_then(Value::as_array)
                .is_none_or(|registries| !registries.is_empty()),
        };
        for dependency in list(package, "dependencies") {
            let name = text(dependency, "name").to_owned();
            if !own.contains(name.as_str()) {
                continue;
            }
            match text(dependency, "kind") {
                "dev" => member.tests_need.insert(name),
                _ => member.needs.insert(name),
            };
        }
        if let Some(features) = package.get("features").and_then(Value::as_object) {
            member.features = features.keys().filter(|name| *name != "default").cloned().collect();
        }
        member
    }
}

/// A list of the object; empty if it is not there.
fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text of the object; empty if it is not there or null.
fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_what_they_need() {
        let workspace = Workspace::load().unwrap();
        let xtask = workspace.members.get("xtask").unwrap();
        assert!(!xtask.published && xtask.needs.is_empty());
        let sip = workspace.members.get("simple-im-sip").unwrap();
        assert!(sip.published && sip.needs.contains("simple-im-grammar"));
        assert!(
            workspace
                .foreign
                .iter()
                .any(|package| package.name == "bytes" && package.licence.contains("MIT"))
        );
    }
}
