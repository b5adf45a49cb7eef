//! Finds source files by the paths that a trace has of them, and reads them.
//!
//! A trace is hostile: it may name any file. So only files that end like source code are read, only regular ones, and
//! none that is larger than source code gets.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::state::source::SourceText;

/// The largest file that is read, bytes; Go's own largest generated ones have 3 MB.
const LARGEST: u64 = 8 << 20;
/// The longest line that is kept, bytes.
const LONGEST_LINE: usize = 4_096;
/// How source files that stacks name end.
const ENDINGS: [&str; 8] = ["go", "s", "c", "cc", "cpp", "h", "pgo", "y"];

/// Looks for the file and reads it. `roots` are the user's source folders, looked through first.
#[must_use]
pub fn read(file: &str, roots: &[PathBuf]) -> SourceText {
    let ending = Path::new(file).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !ENDINGS.contains(&ending) {
        return SourceText::Missing(Vec::new(), "this is not the name of a source file".to_owned());
    }
    let places = candidates(file, roots, &|name| env::var_os(name));
    let mut why = "no such file".to_owned();
    for place in &places {
        match lines(place) {
            Ok(lines) => return SourceText::Found(place.clone(), lines),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => why = format!("{}: {error}", place.display()),
        }
    }
    SourceText::Missing(places, why)
}

/// Where the file may be, most likely first.
fn candidates(file: &str, roots: &[PathBuf], variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let path = Path::new(file);
    // What goes up, or begins at a root, would leave the folder that it is put into.
    let inner: PathBuf = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    let mut places = Vec::new();
    for root in roots {
        // The end of the path that lies in the folder: of `/build/shop/cart/add.go`, `cart/add.go` in `~/shop`.
        let parts: Vec<_> = inner.components().collect();
        for skipped in 0..parts.len().min(12) {
            places.push(root.join(parts.iter().skip(skipped).collect::<PathBuf>()));
        }
    }
    if path.is_absolute() {
        places.push(path.to_path_buf());
    }
    let home = variable("HOME").or_else(|| variable("USERPROFILE")).map(PathBuf::from);
    let go_path = variable("GOPATH").map(PathBuf::from).or_else(|| home.as_ref().map(|home| home.join("go")));
    let modules = variable("GOMODCACHE").map(PathBuf::from).or_else(|| go_path.map(|path| path.join("pkg/mod")));
    if let Some(modules) = modules {
        // `.../pkg/mod/example.com/m@v1/x.go` of another machine, and `example.com/m@v1/x.go` of -trimpath.
        let below = file.rsplit_once("/pkg/mod/").map_or(inner.clone(), |(_, below)| PathBuf::from(below));
        places.push(modules.join(below));
    }
    let usual = ["/usr/local/go", "/usr/lib/go", "/usr/lib/golang", "/opt/homebrew/opt/go/libexec"].map(PathBuf::from);
    let go_roots = variable("GOROOT").map(PathBuf::from).into_iter().chain(usual);
    let below_src = file.rsplit_once("/src/").map_or(inner, |(_, below)| PathBuf::from(below));
    places.extend(go_roots.map(|root| root.join("src").join(&below_src)));
    places.retain(|place| !place.components().any(|part| part == Component::ParentDir));
    let mut seen = Vec::new();
    places.retain(|place| {
        !seen.contains(place) && {
            seen.push(place.clone());
            true
        }
    });
    places
}

fn lines(path: &Path) -> io::Result<Arc<[String]>> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if about.len() > LARGEST {
        return Err(io::Error::other("too large for source code"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let line = |line: &str| line.chars().take(LONGEST_LINE).collect::<String>().replace('\t', "    ");
    Ok(text.lines().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::{candidates, read};
    use crate::state::source::SourceText;
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    fn places(file: &str, roots: &[&str]) -> Vec<PathBuf> {
        let roots: Vec<PathBuf> = roots.iter().map(PathBuf::from).collect();
        let variable = |name: &str| match name {
            "HOME" => Some(OsString::from("/home/u")),
            "GOROOT" => Some(OsString::from("/go")),
            _ => None,
        };
        candidates(file, &roots, &variable)
    }

    #[test]
    fn files_of_the_standard_library_and_of_modules_are_looked_for_where_go_has_them() {
        let has = |file: &str, place: &str| places(file, &[]).contains(&PathBuf::from(place));
        assert!(has("net/http/server.go", "/go/src/net/http/server.go"), "-trimpath");
        assert!(has("/usr/lib/go-1.25/src/net/http/server.go", "/go/src/net/http/server.go"), "another machine's");
        assert!(has("example.com/m@v1.2.3/x.go", "/home/u/go/pkg/mod/example.com/m@v1.2.3/x.go"), "-trimpath");
        assert!(has("/root/go/pkg/mod/example.com/m@v1/x.go", "/home/u/go/pkg/mod/example.com/m@v1/x.go"));
        assert!(has("/src/shop/main.go", "/src/shop/main.go"), "as it is");
    }

    #[test]
    fn a_chosen_folder_may_be_any_part_of_the_path() {
        let found = places("/build/shop/cart/add.go", &["/home/u/shop"]);
        assert!(found.contains(&PathBuf::from("/home/u/shop/cart/add.go")), "{found:?}");
    }

    #[test]
    fn nothing_leads_out_of_a_folder() {
        for file in ["../../etc/passwd.go", "/a/../../etc/x.go", "a/../../x.go"] {
            assert!(
                places(file, &["/home/u/shop"]).iter().all(|place| !place.to_string_lossy().contains("..")),
                "{file}"
            );
        }
    }

    #[test]
    fn only_source_code_is_read() {
        assert!(matches!(read("/etc/passwd", &[]), SourceText::Missing(..)));
        assert!(matches!(read("/dev/zero", &[]), SourceText::Missing(..)));
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.go"), "package a\n\tx\n").expect("a file");
        std::fs::create_dir(folder.path().join("b.go")).expect("a folder");
        let of = |name: &str| read(name, &[folder.path().to_path_buf()]);
        let SourceText::Found(path, lines) = of("/elsewhere/a.go") else { panic!("not found") };
        assert_eq!(
            (path.as_path(), &*lines),
            (folder.path().join("a.go").as_path(), &["package a".to_owned(), "    x".to_owned()][..])
        );
        assert!(matches!(of("b.go"), SourceText::Missing(..)), "{}", Path::new("b.go").display());
    }
}
