//! The traces in an archive (zip, tar, packed tar): which there are, and how to read one.

use crate::input::no_trace::shown;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Component, Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::base::error::Error;
use crate::base::limits::Limits;
use crate::input::guard::{Bytes, member_head};
use crate::input::no_trace::no_trace;
use crate::input::packing::{Budget, decompressed};
use crate::input::peek::Peeked;
use crate::input::sniff::SNIFF_BYTES;
use crate::input::tar::{self, Skip, Tar};
use crate::input::zip;

/// Files that are looked at in one archive: some hundred times what one with recordings holds.
const MAX_MEMBERS: usize = 50_000;
/// Files that an error names.
const NAMED: usize = 12;
/// Files that are no trace and of which an error says what they are.
const OTHERS: usize = 3;

const SPARSE: &str = "it is stored as a sparse file (tar --sparse); unpack it first, with tar xf ARCHIVE";

/// An archive on disk.
#[derive(Debug)]
pub(super) struct Archive {
    path: PathBuf,
    kind: Kind,
    limits: Limits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Zip,
    Tar,
    /// Unpacked on the way.
    PackedTar,
}

/// A trace in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its path in the archive, without what means nothing (`./`).
    name: PathBuf,
    place: Place,
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Zip(zip::Member),
    /// So many files come before it.
    Tar(usize),
}

/// What an archive holds.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Its traces, in their order, and `None` where another file has taken the place of one, as when it is unpacked.
    found: Vec<Option<Found>>,
    /// All names, and the place of the trace among `found`.
    names: FxHashMap<PathBuf, Option<usize>>,
    /// The first of the others: name, and what it is if that is known.
    others: Vec<(PathBuf, Option<String>)>,
}

/// The traces in an archive, as paths that [`crate::input::source::Source::open`] takes: the archive's
/// path and the trace's path in it. Empty if `path` is no archive.
///
/// # Errors
/// If the file cannot be read or the archive is broken.
pub fn traces(path: &Path, limits: Limits) -> io::Result<Vec<PathBuf>> {
    let Some(archive) = Archive::open(path, limits)? else { return Ok(Vec::new()) };
    Ok(archive.contents()?.traces().into_iter().map(|found| path.join(&found.name)).collect())
}

/// All files in an archive, in the same way, by name.
///
/// # Errors
/// As [`traces`].
pub fn files(path: &Path, limits: Limits) -> io::Result<Vec<PathBuf>> {
    let Some(archive) = Archive::open(path, limits)? else { return Ok(Vec::new()) };
    let mut names: Vec<PathBuf> = archive.contents()?.names.into_keys().map(|name| path.join(name)).collect();
    names.sort_unstable();
    Ok(names)
}

impl Archive {
    /// `None` if it is no archive. Looks at the file's beginning only.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn open(path: &Path, limits: Limits) -> io::Result<Option<Self>> {
        let mut bytes = Peeked::new(File::open(path)?);
        let head = bytes.peek(SNIFF_BYTES);
        let kind = if head.starts_with(zip::MAGIC) {
            Kind::Zip
        } else if tar::is_archive(head) {
            Kind::Tar
        } else if tar::is_archive(decompressed(Box::new(bytes), limits).peek(SNIFF_BYTES)) {
            Kind::PackedTar
        } else {
            return Ok(None);
        };
        Ok(Some(Self { path: path.to_path_buf(), kind, limits }))
    }

    /// As it is called: `zip`, `tar`.
    const fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Zip => "zip",
            Kind::Tar | Kind::PackedTar => "tar",
        }
    }

    /// Looks at the beginning of every file in it.
    pub(super) fn contents(&self) -> io::Result<Contents> {
        let mut contents = Contents::default();
        let mut budget = Budget::default();
        match self.kind {
            Kind::Zip => {
                let mut file = File::open(&self.path)?;
                for member in zip::members(&mut file)?.into_iter().take(MAX_MEMBERS) {
                    let head = zip::open_member(file.try_clone()?, &member, self.limits).and_then(member_head);
                    contents.add(&member.name.clone(), Place::Zip(member), head, &mut budget);
                }
            }
            Kind::Tar => contents.add_all(Tar::new(self.file()?), &mut budget)?,
            Kind::PackedTar => contents.add_all(Tar::new(self.packed()?), &mut budget)?,
        }
        Ok(contents)
    }

    /// The file of that name, if it is there.
    pub(super) fn named(&self, name: &Path) -> io::Result<Option<Found>> {
        let is_it = |other: &str| inside(other).as_deref() == Some(name);
        let place = match self.kind {
            Kind::Zip => {
                let members = zip::members(&mut File::open(&self.path)?)?;
                members.into_iter().rfind(|member| is_it(&member.name)).map(Place::Zip)
            }
            Kind::Tar => last(Tar::new(self.file()?), is_it)?,
            Kind::PackedTar => last(Tar::new(self.packed()?), is_it)?,
        };
        Ok(place.map(|place| Found { name: name.to_path_buf(), place }))
    }

    /// The bytes of a file in it, still packed if that is how the file is.
    pub(super) fn read(&self, found: &Found) -> io::Result<Bytes<'static>> {
        match (&found.place, self.kind) {
            (Place::Zip(member), _) => zip::open_member(File::open(&self.path)?, member, self.limits),
            (Place::Tar(at), Kind::PackedTar) => nth(Tar::new(self.packed()?), *at),
            (Place::Tar(at), _) => nth(Tar::new(self.file()?), *at),
        }
    }

    fn file(&self) -> io::Result<BufReader<File>> {
        Ok(BufReader::new(File::open(&self.path)?))
    }

    fn packed(&self) -> io::Result<Bytes<'static>> {
        Ok(Box::new(decompressed(Box::new(File::open(&self.path)?), self.limits)))
    }

    /// That there is no file of that name in it, and which traces there are.
    pub(super) fn has_not(&self, name: &Path) -> io::Error {
        let traces = self.contents().map(|contents| self.list(&contents.traces())).unwrap_or_default();
        let traces = if traces.is_empty() { String::new() } else { format!("; its traces are {traces}") };
        io::Error::new(io::ErrorKind::NotFound, format!("the archive contains no file {}{traces}", shown(name)))
    }

    /// Traces as paths that can be opened.
    fn list(&self, traces: &[&Found]) -> String {
        let mut list: Vec<String> =
            traces.iter().take(NAMED).map(|found| shown(&self.path.join(&found.name))).collect();
        if let Some(more) = traces.len().checked_sub(NAMED).filter(|more| *more > 0) {
            list.push(format!("and {more} more"));
        }
        list.join(", ")
    }

    /// The only trace in it.
    ///
    /// # Errors
    /// If there is none, or if there are several: with what is there instead.
    pub(super) fn only_trace(&self) -> io::Result<Found> {
        let contents = self.contents()?;
        match contents.traces().as_slice() {
            [] => Err(no_trace(self.noun(), &contents.others)),
            [only] => Ok((*only).clone()),
            several => {
                let (noun, count, list) = (self.noun(), several.len(), self.list(several));
                let found = format!("it is a {noun} archive with {count} traces; open one of {list}");
                Err(io::Error::other(Error::SeveralTraces { found }))
            }
        }
    }
}

/// The path of a file in an archive, without what means nothing there: a root, or leading out of the archive. Nothing is
/// ever unpacked to that path. `None` if nothing is left.
fn inside(name: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir | Component::RootDir | Component::ParentDir | Component::Prefix(_) => {}
        }
    }
    (!path.as_os_str().is_empty()).then_some(path)
}

/// Whether a file only belongs to another, as macOS puts them into archives.
fn is_of_system(name: &Path) -> bool {
    let is_hidden = name.file_name().is_some_and(|name| name.to_string_lossy().starts_with("._"));
    is_hidden || name.starts_with("__MACOSX") || name.ends_with(".DS_Store")
}

impl Contents {
    /// Its traces. Of several under one name only the last is there.
    fn traces(&self) -> Vec<&Found> {
        self.found.iter().flatten().collect()
    }

    /// Adds a file of which the beginning is known, or why it cannot be read.
    fn add(&mut self, name: &str, place: Place, head: io::Result<Vec<u8>>, budget: &mut Budget) {
        let Some(name) = inside(name) else { return };
        let is_trace = head.as_ref().is_ok_and(|head| budget.is_trace(head));
        let known = self.names.insert(name.clone(), is_trace.then_some(self.found.len()));
        if let Some(replaced) = known.flatten().and_then(|at| self.found.get_mut(at)) {
            *replaced = None;
        }
        if is_trace {
            self.found.push(Some(Found { name, place }));
            return;
        }
        let is = head.map_or_else(|error| Some(error.to_string()), |head| budget.noun(&head));
        if self.others.len() < OTHERS && !is_of_system(&name) {
            self.others.push((name, is));
        }
    }

    fn add_all<R: Skip>(&mut self, mut archive: Tar<R>, budget: &mut Budget) -> io::Result<()> {
        for at in 0..MAX_MEMBERS {
            let Some(entry) = archive.next()? else { break };
            let head = if entry.is_sparse { Err(io::Error::other(SPARSE)) } else { Ok(member_head(&mut archive)?) };
            self.add(&entry.name, Place::Tar(at), head, budget);
        }
        Ok(())
    }
}

/// The last file whose name `is_it`: what is added to an archive later takes the place of what was there.
fn last<R: Skip>(mut archive: Tar<R>, is_it: impl Fn(&str) -> bool) -> io::Result<Option<Place>> {
    let mut found = None;
    for at in 0.. {
        let Some(entry) = archive.next()? else { break };
        if is_it(&entry.name) {
            found = Some(Place::Tar(at));
        }
    }
    Ok(found)
}

/// The bytes of a file, counted from 0.
fn nth<R: Skip + Send + 'static>(mut archive: Tar<R>, at: usize) -> io::Result<Bytes<'static>> {
    for _ in 0..at {
        archive.next()?;
    }
    match archive.next()? {
        Some(entry) if entry.is_sparse => Err(io::Error::other(SPARSE)),
        Some(_) => Ok(Box::new(archive)),
        None => Err(io::Error::from(io::ErrorKind::NotFound)),
    }
}
