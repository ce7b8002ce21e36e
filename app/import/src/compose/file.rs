//! The files of a project: the first one, those it includes, and those its services extend.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::comment::Comments;
use super::interpolate::Variables;
use super::merge::inherit;
use super::parts::Reader;
use super::service::{Extends, Service};
use crate::error::Mark;
use crate::set::ImportNote;
use crate::tree::{FileTree, path, read_text};
use crate::yaml::{self, Node, Pair, Value};
use crate::{ImportError, Limits};

/// A declared volume or network.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) comment: String,
    pub(super) external: bool,
}

struct File {
    path: String,
    comments: Comments,
    root: Rc<Node>,
}

/// A project while it is read.
pub(super) struct Project<'a> {
    tree: &'a dyn FileTree,
    limits: &'a Limits,
    vars: Variables,
    files: HashMap<String, Rc<File>>,
    done: HashMap<(String, String), Rc<Service>>,
    including: Vec<String>,
    included: HashSet<String>,
    names: HashSet<String>,
    pub(super) start: String,
    pub(super) name: Option<String>,
    pub(super) services: Vec<(String, Rc<Service>)>,
    pub(super) volumes: BTreeMap<String, Declared>,
    pub(super) networks: BTreeMap<String, Declared>,
    pub(super) notes: Vec<ImportNote>,
}

impl<'a> Project<'a> {
    pub(super) fn new(tree: &'a dyn FileTree, limits: &'a Limits) -> Self {
        Self {
            tree,
            limits,
            vars: Variables::default(),
            files: HashMap::new(),
            done: HashMap::new(),
            including: Vec::new(),
            included: HashSet::new(),
            names: HashSet::new(),
            start: String::new(),
            name: None,
            services: Vec::new(),
            volumes: BTreeMap::new(),
            networks: BTreeMap::new(),
            notes: Vec::new(),
        }
    }

    /// Reads a project from its first file.
    pub(super) fn read(&mut self, start: &str) -> Result<(), ImportError> {
        start.clone_into(&mut self.start);
        self.read_env(start);
        self.note_overrides(start);
        self.include(start, None)?;
        if self.services.is_empty() {
            return Err(ImportError::file(
                start,
                "has no services",
                "Choose a compose file with services below `services:`.",
            ));
        }
        Ok(())
    }

    /// Reads the `.env` file beside the first file. One that cannot be read is said and left.
    fn read_env(&mut self, start: &str) {
        let env = path::join(start, ".env").unwrap_or_default();
        let read = match self.tree.size(&env) {
            Ok(None) => return,
            Ok(Some(_)) => read_text(self.tree, &env, self.limits),
            Err(error) => Err(error),
        };
        match read {
            Ok(text) => {
                self.vars = Variables::read(&text);
                self.note(&env, None, "Read for the variables in images, ports and addresses.");
            }
            Err(error) => self.note(&env, None, format!("Not used: {error}")),
        }
    }

    /// Says what docker would add to the first file and this import does not.
    fn note_overrides(&mut self, start: &str) {
        let Some(stem) = super::NAMES.contains(&path::name(start)).then(|| path::stem(start)) else { return };
        for extension in ["yml", "yaml"] {
            let Some(file) = path::join(start, &format!("{stem}.override.{extension}")) else { continue };
            if matches!(self.tree.size(&file), Ok(Some(_))) {
                self.note(
                    &file,
                    None,
                    "Not applied: an import describes the first file and what it includes.",
                );
            }
        }
    }

    fn note(&mut self, file: &str, line: Option<u32>, message: impl Into<String>) {
        self.notes.push(ImportNote { file: file.to_owned(), line, message: message.into() });
    }

    fn load(&mut self, file: &str, from: Option<(&str, Mark)>) -> Result<Rc<File>, ImportError> {
        if let Some(known) = self.files.get(file) {
            return Ok(Rc::clone(known));
        }
        if let Some((origin, mark)) = from
            && self.tree.size(file)?.is_none()
        {
            let reason = format!("names the file `{file}`, which is not there");
            return Err(ImportError::at(origin, mark, reason, "Add the file, or correct the name."));
        }
        let text = read_text(self.tree, file, self.limits)?;
        let mut documents = yaml::load(file, &text, self.limits)?;
        if documents.len() > 1 {
            self.note(file, None, "Only the first of its YAML documents was read.");
        }
        if documents.is_empty() {
            return Err(ImportError::file(file, "is empty", "Choose a compose file with services."));
        }
        let root = documents.swap_remove(0);
        root.mapping(file, "the file")?;
        let loaded = Rc::new(File { path: file.to_owned(), comments: Comments::of(&text), root });
        self.files.insert(file.to_owned(), Rc::clone(&loaded));
        Ok(loaded)
    }

    /// Finds a file named in another one; refuses what lies outside the source.
    fn beside(&self, from: &str, named: &str, mark: Mark) -> Result<String, ImportError> {
        path::join(from, named).filter(|found| !found.is_empty() && !named.contains("://")).ok_or_else(|| {
            let shown: String = named.chars().take(200).collect();
            let reason = format!("names `{shown}`, which lies outside the imported folder");
            let remedy = "Import the folder that holds both files, or put a copy of the file inside.";
            ImportError::at(from, mark, reason, remedy)
        })
    }

    fn include(&mut self, file: &str, from: Option<(&str, Mark)>) -> Result<(), ImportError> {
        let (origin, mark) = from.unwrap_or((file, Mark { line: 1, column: 1 }));
        if self.including.iter().any(|open| open == file) {
            let reason = format!("includes `{file}`, which includes it");
            return Err(ImportError::at(origin, mark, reason, "Remove one of the two."));
        }
        if self.including.len() >= self.limits.extends_depth {
            return Err(ImportError::at(origin, mark, "includes too many files in a row", "Include fewer."));
        }
        if !self.included.insert(file.to_owned()) {
            return Ok(());
        }
        let loaded = self.load(file, from)?;
        self.including.push(file.to_owned());
        if let Some(include) = loaded.root.get("include") {
            for item in include.sequence(file, "include")? {
                let named = match &item.value {
                    Value::Mapping(_) => item.get("path").unwrap_or(item),
                    _ => item,
                };
                let reader = Reader { file, vars: &self.vars };
                for (text, line) in reader.texts(named, "include")? {
                    let mark = Mark { line, column: item.mark.column };
                    let found = self.beside(file, &text, mark)?;
                    self.include(&found, Some((file, mark)))?;
                }
            }
        }
        self.declare(&loaded)?;
        self.including.pop();
        Ok(())
    }

    fn declare(&mut self, file: &Rc<File>) -> Result<(), ImportError> {
        let comments = &file.comments;
        if self.name.is_none() || file.path == self.start {
            let reader = Reader { file: &file.path, vars: &self.vars };
            self.name = reader.optional(&file.root, "name")?.or(self.name.take());
        }
        for (key, map) in [("volumes", &mut self.volumes), ("networks", &mut self.networks)] {
            let Some(node) = file.root.get(key) else { continue };
            for pair in node.mapping(&file.path, key)? {
                pair.value.mapping(&file.path, &pair.key)?;
                let external = pair.value.get("external").is_some_and(|e| e.text() != Some("false"));
                let (line, comment) = (pair.mark.line, comments.above(pair.mark.line));
                map.insert(
                    pair.key.to_string(),
                    Declared { file: file.path.clone(), line, comment, external },
                );
            }
        }
        let Some(services) = file.root.get("services") else { return Ok(()) };
        let with_file = services.pairs().iter().filter(|pair| pair.value.get("env_file").is_some()).count();
        if with_file > 0 {
            let message = format!("{with_file} services name an `env_file`, which was not read for hosts.");
            self.note(&file.path, None, message);
        }
        for pair in services.mapping(&file.path, "services")? {
            if !is_name(&pair.key) {
                let shown: String = pair.key.chars().take(80).collect();
                let reason = format!("has `{shown}` as the name of a service");
                let remedy = "Use letters, digits, `_`, `.` and `-`.";
                return Err(ImportError::at(&file.path, pair.mark, reason, remedy));
            }
            let service = self.service(file, pair, &mut Vec::new())?;
            if !self.names.insert(pair.key.to_string()) {
                let reason = format!("has the service `{}`, which an included file has as well", pair.key);
                return Err(ImportError::at(&file.path, pair.mark, reason, "Rename one of them."));
            }
            self.services.push((pair.key.to_string(), service));
        }
        Ok(())
    }

    fn service(
        &mut self,
        file: &Rc<File>,
        pair: &Pair,
        stack: &mut Vec<(String, String)>,
    ) -> Result<Rc<Service>, ImportError> {
        let id = (file.path.clone(), pair.key.to_string());
        if let Some(done) = self.done.get(&id) {
            return Ok(Rc::clone(done));
        }
        let reader = Reader { file: &file.path, vars: &self.vars };
        let mut service = Service::read(&reader, pair, file.comments.above(pair.mark.line))?;
        if let Some((extends, mark)) = Extends::read(&reader, pair)? {
            stack.push(id.clone());
            if stack.len() > self.limits.extends_depth {
                let reason = format!("has a chain of `extends` longer than {}", self.limits.extends_depth);
                return Err(ImportError::at(&file.path, mark, reason, "Extend fewer services in a row."));
            }
            let base = self.base(file, &extends, mark, stack)?;
            stack.pop();
            inherit(&mut service, &base);
        }
        let service = Rc::new(service);
        self.done.insert(id, Rc::clone(&service));
        Ok(service)
    }

    fn base(
        &mut self,
        file: &Rc<File>,
        extends: &Extends,
        mark: Mark,
        stack: &mut Vec<(String, String)>,
    ) -> Result<Rc<Service>, ImportError> {
        let other = match &extends.file {
            Some(named) => {
                let found = self.beside(&file.path, named, mark)?;
                self.load(&found, Some((&file.path, mark)))?
            }
            None => Rc::clone(file),
        };
        if stack.iter().any(|(path, name)| *path == other.path && *name == extends.service) {
            let reason =
                format!("has the service `{}` extend itself, directly or through others", extends.service);
            return Err(ImportError::at(&file.path, mark, reason, "Remove one `extends` of the circle."));
        }
        let services = other.root.get("services");
        let found = services.and_then(|all| all.pairs().iter().find(|pair| *pair.key == *extends.service));
        let Some(pair) = found.cloned() else {
            let reason =
                format!("extends the service `{}`, which `{}` does not have", extends.service, other.path);
            return Err(ImportError::at(&file.path, mark, reason, "Correct the name of the service."));
        };
        self.service(&other, &pair, stack)
    }
}

fn is_name(name: &str) -> bool {
    (1..=200).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}
