//! Changes of files, for `--watch`.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, recommended_watcher};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use wechat_sim::LocalizedText;

use crate::exit::Failure;
use crate::texts;

/// A change counts when nothing has changed for so long: an editor writes a file in several steps.
const QUIET: Duration = Duration::from_millis(300);
/// A change counts after this time in any case.
const AT_LAST: Duration = Duration::from_secs(3);

/// Folders of tools, which change while a bot is built and runs.
const FOLDERS: [&str; 7] = ["target", ".git", ".hg", ".idea", "node_modules", "__pycache__", ".venv"];
/// The ends of names of files that editors, databases and loggers write.
const ENDINGS: [&str; 11] =
    ["~", ".swp", ".swo", ".swx", ".tmp", ".bak", ".log", ".pyc", "-journal", "-wal", "-shm"];

/// Watches files and folders.
pub(super) struct Watcher {
    watcher: RecommendedWatcher,
    changes: Arc<Changes>,
    scopes: Arc<[Scope]>,
    watched: HashSet<PathBuf>,
    /// Whether something has changed and may go on changing.
    is_pending: bool,
}

impl Watcher {
    /// Watches from now on.
    pub(super) fn start(paths: &[PathBuf]) -> Result<Self, Failure> {
        let scopes: Result<Vec<_>, _> = paths.iter().map(|path| Scope::new(path)).collect();
        let scopes: Arc<[Scope]> = scopes?.into();
        let changes = Arc::new(Changes::default());
        let (seen, within) = (Arc::clone(&changes), Arc::clone(&scopes));
        let watcher = recommended_watcher(move |event: notify::Result<Event>| {
            // After an error, such as too many events, anything can have changed.
            let Ok(event) = event else { return seen.add(PathBuf::new()) };
            if matches!(event.kind, EventKind::Access(_)) {
                return;
            }
            // The last one is the new name of a file that was moved.
            let mut paths = event.paths.iter().rev();
            if let Some(path) = paths.find(|path| within.iter().any(|scope| scope.covers(path))) {
                seen.add(path.clone());
            }
        });
        let watcher = watcher.map_err(|error| Failure::usage(texts::cannot_watch_files(&in_words(error))))?;
        let mut new = Self { watcher, changes, scopes, watched: HashSet::new(), is_pending: false };
        new.watch_all()?;
        Ok(new)
    }

    /// Waits for the next change, and then until nothing changes any more. Returns what has changed last. It can be dropped
    /// and called again.
    pub(super) async fn changed(&mut self) -> PathBuf {
        if !self.is_pending {
            self.changes.notify.notified().await;
            self.is_pending = true;
        }
        let deadline = Instant::now() + AT_LAST;
        while Instant::now() < deadline && timeout(QUIET, self.changes.notify.notified()).await.is_ok() {}
        self.is_pending = false;
        // There may be new folders. One that is gone again is of no interest.
        let _ = self.watch_all();
        self.changes.last()
    }

    /// Watches what is not watched yet. Folders that are left out are not even read: there can be many files in them.
    fn watch_all(&mut self) -> Result<(), Failure> {
        for scope in self.scopes.iter() {
            let mut folders = vec![(scope.folder.clone(), RecursiveMode::NonRecursive)];
            if scope.file.is_none() {
                let entries = fs::read_dir(&scope.folder).into_iter().flatten().flatten();
                let found =
                    entries.map(|entry| entry.path()).filter(|path| path.is_dir() && scope.covers(path));
                folders.extend(found.map(|folder| (folder, RecursiveMode::Recursive)));
            }
            // A folder that was removed and made again has to be watched again.
            self.watched.retain(|folder| folder.exists());
            for (folder, mode) in folders {
                if !self.watched.contains(&folder) {
                    let watching = self.watcher.watch(&folder, mode);
                    watching.map_err(|error| {
                        let folder = folder.display();
                        Failure::usage(texts::cannot_watch(&folder, &in_words(error)))
                    })?;
                    self.watched.insert(folder);
                }
            }
        }
        Ok(())
    }
}

/// The changes that were seen.
#[derive(Default)]
struct Changes {
    notify: Notify,
    /// What has changed last.
    path: Mutex<PathBuf>,
}

impl Changes {
    fn add(&self, path: PathBuf) {
        *self.path.lock().unwrap_or_else(PoisonError::into_inner) = path;
        self.notify.notify_one();
    }

    /// Below the current folder, if it is there.
    fn last(&self) -> PathBuf {
        let path = self.path.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let folder = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
        path.strip_prefix(folder).map(Path::to_owned).unwrap_or(path)
    }
}

/// A folder with all that is in it, or one file.
struct Scope {
    folder: PathBuf,
    /// The file: its folder is watched, since many editors replace a file when they save it.
    file: Option<PathBuf>,
    ignored: Ignored,
}

impl Scope {
    fn new(path: &Path) -> Result<Self, Failure> {
        // Events have absolute paths.
        let absolute = fs::canonicalize(path)
            .map_err(|error| Failure::usage(texts::cannot_read(&path.display(), &(&error).into())))?;
        Ok(match absolute.parent().filter(|_| !absolute.is_dir()) {
            Some(folder) => {
                Self { folder: folder.to_owned(), file: Some(absolute.clone()), ignored: Ignored::default() }
            }
            None => Self { ignored: Ignored::of(&absolute), folder: absolute, file: None },
        })
    }

    fn covers(&self, path: &Path) -> bool {
        match &self.file {
            Some(file) => file == path,
            None => path.strip_prefix(&self.folder).is_ok_and(|below| !self.ignored.matches(below)),
        }
    }
}

/// What is left out, by the names of files and folders.
#[derive(Default)]
struct Ignored {
    names: HashSet<String>,
    endings: Vec<String>,
}

impl Ignored {
    /// What tools write, and what the folder's `.gitignore` names. Patterns for several folders are not understood.
    fn of(folder: &Path) -> Self {
        Self::in_gitignore(&fs::read_to_string(folder.join(".gitignore")).unwrap_or_default())
    }

    fn in_gitignore(text: &str) -> Self {
        let mut names: HashSet<_> = FOLDERS.map(str::to_owned).into();
        let mut endings = ENDINGS.map(str::to_owned).to_vec();
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!']));
        for line in lines.map(|line| line.trim_matches('/')) {
            match line.strip_prefix('*') {
                _ if line.is_empty() || line.contains('/') => {}
                Some(ending) if !ending.is_empty() && !ending.contains(['*', '?', '[']) => {
                    endings.push(ending.to_owned());
                }
                None if !line.contains(['*', '?', '[']) => drop(names.insert(line.to_owned())),
                _ => {}
            }
        }
        Self { names, endings }
    }

    fn matches(&self, below: &Path) -> bool {
        below.components().any(|component| match component {
            Component::Normal(name) => self.matches_name(name),
            _ => false,
        })
    }

    fn matches_name(&self, name: &OsStr) -> bool {
        let name = name.to_string_lossy();
        // `.#x` and `#x#` are Emacs's, the number is the file with which Vim tries whether it can write.
        let of_editor = name.starts_with(".#") || name.starts_with('#') || name == "4913";
        // Cargo makes its `target` under a temporary name.
        let of_cargo = name
            .strip_prefix("target")
            .is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        of_editor
            || of_cargo
            || self.names.contains(&*name)
            || self.endings.iter().any(|ending| name.ends_with(ending))
    }
}

/// The error in words, if it is one of the system's.
fn in_words(error: notify::Error) -> LocalizedText {
    LocalizedText::from(&match error.kind {
        notify::ErrorKind::Io(error) => error,
        _ => io::Error::other(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_write_and_what_git_ignores_is_left_out() {
        let ignored = Ignored::in_gitignore("# build\n/out/\n*.sqlite\n!keep\n.env\na/b\nx*y\n");
        for path in [
            "target/debug/bot",
            "crates/a/target/x",
            ".git/index",
            "src/main.rs~",
            "src/.main.rs.swp",
            ".#x",
            "4913",
            "out/x",
            "data/users.sqlite",
            ".env",
            "bot.log",
            "targettCVdsV",
        ] {
            assert!(ignored.matches(Path::new(path)), "{path}");
        }
        for path in ["", "src/main.rs", "Cargo.toml", "keep", "b", "targets.rs", "模板/欢迎.txt"] {
            assert!(!ignored.matches(Path::new(path)), "{path}");
        }
    }
}
