//! Passwords and tokens in addresses: where they are, and addresses without them.

use std::borrow::Cow;

/// What stands in the place of a secret.
pub(super) const MASK: &str = "***";
/// Shorter ones would take the place of ordinary words in a text.
const LEAST: usize = 3;
/// A value as long as this, of letters and digits mixed, is taken for a token, whatever its name.
const TOKEN: usize = 20;

/// An address without user, password and tokens.
#[must_use]
pub(super) fn masked(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return masked_pairs(address) };
    match split_user(rest) {
        (Some(_), rest) => format!("{scheme}://{MASK}@{}", masked_pairs(rest)),
        (None, rest) => format!("{scheme}://{}", masked_pairs(rest)),
    }
}

/// Whether something is missing from an address.
#[must_use]
pub(super) fn is_masked(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    split_user(rest).0.is_some_and(|user| user == MASK) || pairs(rest).any(|(_, value)| value == MASK)
}

/// User and password, if any, and what stands behind the `@`.
#[must_use]
pub(super) fn split_user(rest: &str) -> (Option<&str>, &str) {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    // Where the host makes no sense, a password with a slash in it is the likely cause.
    let is_sound = authority.contains('[') || port.bytes().all(|byte| byte.is_ascii_digit());
    let within = if authority.contains('@') || is_sound { authority } else { rest };
    match within.rfind('@') {
        Some(at) => (rest.get(..at), rest.get(at + 1..).unwrap_or_default()),
        None => (None, rest),
    }
}

/// Everything secret in an address, as it stands there and as it may be quoted elsewhere; the longest first.
#[must_use]
pub(super) fn secrets(address: &str) -> Vec<String> {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (user, rest) = split_user(rest);
    let mut found: Vec<String> = Vec::new();
    if let Some(user) = user {
        found.push(basic(user));
        found.push(user.to_owned());
        found.push(decoded(user).into_owned());
        let password = user.split_once(':').map_or("", |(_, password)| password);
        found.push(password.to_owned());
        found.push(decoded(password).into_owned());
    }
    for (name, value) in pairs(rest) {
        if is_secret(name, value) {
            found.push(value.to_owned());
            found.push(decoded(value).into_owned());
        }
    }
    found.retain(|secret| secret.len() >= LEAST);
    found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    found.dedup();
    found
}

/// User and password as the header `Authorization: Basic` has them.
#[must_use]
pub(super) fn basic(user: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let user = decoded(user);
    let user = if user.contains(':') { user } else { Cow::Owned(format!("{user}:")) };
    let mut out = String::new();
    for three in user.as_bytes().chunks(3) {
        let at = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            out.push(if place > three.len() as u32 { '=' } else { char::from(letter) });
        }
    }
    out
}

/// A text with the secrets of all addresses in it masked, and those of `name=value` anywhere.
#[must_use]
pub(super) fn masked_words(text: &str) -> String {
    let is_border = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | ',' | '`' | '|');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(is_border).unwrap_or(rest.len());
        // A colon or full stop behind an address belongs to the sentence.
        let end = rest.get(..end).map_or(end, |word| word.trim_end_matches([':', '.']).len());
        let end = if end == 0 { rest.find(|c: char| !matches!(c, ':' | '.')).unwrap_or(rest.len()) } else { end };
        let (word, behind) = rest.split_at(end);
        // In a text, long names are common: only what has a name of its own is masked outside of addresses.
        out.push_str(&if word.contains("://") { masked(word) } else { masked_if(word, is_secret_name) });
        let border = behind.chars().next().map_or(0, char::len_utf8);
        out.push_str(behind.get(..border).unwrap_or_default());
        rest = behind.get(border..).unwrap_or_default();
    }
    out
}

/// `name=value` in the query of an address (and in the parameters of its path).
fn pairs(rest: &str) -> impl Iterator<Item = (&str, &str)> {
    rest.split(['?', '&', ';']).skip(1).map(|pair| pair.split_once('=').unwrap_or(("", pair)))
}

fn masked_pairs(rest: &str) -> String {
    masked_if(rest, is_secret)
}

fn masked_if(rest: &str, is_secret: impl Fn(&str, &str) -> bool) -> String {
    let mut out = String::with_capacity(rest.len());
    for (at, part) in rest.split_inclusive(['?', '&', ';']).enumerate() {
        let pair = part.trim_end_matches(['?', '&', ';']);
        let border = part.get(pair.len()..).unwrap_or_default();
        match pair.split_once('=') {
            Some((name, value)) if is_secret(name, value) => out.push_str(&format!("{name}={MASK}")),
            None if at > 0 && is_secret("", pair) => out.push_str(MASK),
            _ => out.push_str(pair),
        }
        out.push_str(border);
    }
    out
}

fn is_secret(name: &str, value: &str) -> bool {
    is_secret_name(name, value) || is_token(value)
}

/// Whether a name is that of a password or token. An empty value is none.
fn is_secret_name(name: &str, value: &str) -> bool {
    const PARTS: [&str; 19] = [
        "token",
        "secret",
        "passw",
        "passphrase",
        "pwd",
        "auth",
        "credential",
        "signature",
        "apikey",
        "api_key",
        "api-key",
        "accesskey",
        "access_key",
        "access-key",
        "session",
        "cookie",
        "jwt",
        "bearer",
        "private",
    ];
    const WHOLE: [&str; 9] = ["key", "sig", "pass", "pw", "code", "otp", "pin", "sid", "ticket"];
    let name = decoded(name).to_ascii_lowercase();
    let name = name.rsplit(['/', '?']).next().unwrap_or_default();
    let is_whole = WHOLE.contains(&name) || name.ends_with("_key") || name.ends_with("-key") || name.ends_with("_sig");
    !value.is_empty() && (is_whole || PARTS.iter().any(|part| name.contains(part)))
}

/// Whether a value looks as if nobody had made it up.
fn is_token(value: &str) -> bool {
    let value = decoded(value);
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'=' | b'.' | b'~');
    value.len() >= TOKEN
        && value.bytes().all(is_part)
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !value.ends_with(".trace")
}

/// Without `%XX`, which hide a name as well as a letter does; as it is where that makes no text.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        let code = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok()).filter(|two| !two.starts_with('+'));
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| byte == b'%') {
            Some(code) => {
                bytes.push(code);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::{basic, decoded, is_masked, masked, masked_words, secrets, split_user};

    #[test]
    fn addresses_without_secrets_stay_as_they_are() {
        for address in [
            "http://localhost:6060/debug/pprof/trace?seconds=5",
            "https://example.org/pkg@v1.2/a.trace",
            "http://[::1]:6060/t?debug=1&gc=1",
            "http://a/t?file=a-very-long-name-of-a-1.27.trace",
            "http://a/t?id=12345678901234567890123",
            "http://a/t?token=",
        ] {
            assert_eq!(masked(address), address);
            assert!(!is_masked(address) && secrets(address).is_empty(), "{address}");
        }
    }

    #[test]
    fn users_passwords_and_tokens_are_masked() {
        for (address, expected) in [
            ("http://me:hunter2@host:80/t", "http://***@host:80/t"),
            ("http://me@host/t", "http://***@host/t"),
            ("http://me:p@ss@host/t", "http://***@host/t"),
            ("http://me:pa/ss@host/t", "http://***@host/t"),
            ("http://h/t?seconds=5&access_token=abc", "http://h/t?seconds=5&access_token=***"),
            ("http://h/t?Access%5FToken=abc&x=1", "http://h/t?Access%5FToken=***&x=1"),
            (
                "http://h/t?X-Amz-Signature=ab12&X-Amz-Credential=k",
                "http://h/t?X-Amz-Signature=***&X-Amz-Credential=***",
            ),
            ("http://h/t?sig=1;key=2", "http://h/t?sig=***;key=***"),
            ("http://h/t?id=3fa85f64-5717-4562-b3fc-2c963f66afa6", "http://h/t?id=***"),
            ("http://h/t?abcdefghij0123456789", "http://h/t?***"),
            ("http://h/t;jsessionid=12", "http://h/t;jsessionid=***"),
        ] {
            assert_eq!(masked(address), expected);
            assert!(is_masked(expected), "{expected}");
        }
    }

    #[test]
    fn users_are_split_off_and_encoded() {
        assert_eq!(split_user("me:x@host/t@1"), (Some("me:x"), "host/t@1"));
        assert_eq!(split_user("host/t@1"), (None, "host/t@1"));
        assert_eq!(basic("Aladdin:open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(basic("me:hunter2"), "bWU6aHVudGVyMg==");
        assert_eq!(basic("me"), "bWU6");
        assert_eq!(basic("a%3Ab:%40"), basic("a:b:@"));
        assert_eq!(decoded("%41%zz%2"), "A%zz%2");
    }

    #[test]
    fn texts_lose_what_looks_secret() {
        assert_eq!(
            masked_words("cannot get 'http://u:p@h/x?token=1' (api_key=2)"),
            "cannot get 'http://***@h/x?token=***' (api_key=***)"
        );
        let plain = "plain words, a=b, main.main (main.go:3), https://go.dev/doc";
        assert_eq!(masked_words(plain), plain);
    }
}
