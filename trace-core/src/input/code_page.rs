//! Tables of characters that Windows, and tools that read bytes as text, take single bytes for.

/// What the bytes from 0x80 on stand for; the ones below are ASCII. All 256 bytes are characters, each another one, so
/// that the bytes can be found again.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CodePage {
    /// As users know it.
    pub(super) name: &'static str,
    upper: &'static str,
}

/// All tables, the one found most often first. Bytes that a table leaves open are control characters, as Windows has
/// it. Code pages of more than one byte a character (932, 936, UTF-8) lose bytes, so they are not here.
const PAGES: &[CodePage] = &[
    CodePage {
        name: "Latin-1",
        upper: "\u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\
                \u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
                \u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷\
                øùúûüýþÿ",
    },
    CodePage {
        name: "code page 1252",
        upper: "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ\u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿\
                ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ",
    },
    CodePage {
        name: "code page 437",
        upper: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
                αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
    },
    CodePage {
        name: "code page 850",
        upper: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀\
                ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
    },
    CodePage {
        name: "code page 858",
        upper: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀\
                ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
    },
    CodePage {
        name: "code page 852",
        upper: "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐└┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀\
                ÓßÔŃńňŠšŔÚŕŰýÝţ´\u{ad}˝˛ˇ˘§÷¸°¨˙űŘř■\u{a0}",
    },
    CodePage {
        name: "code page 866",
        upper: "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмноп░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
                рстуфхцчшщъыьэюяЁёЄєЇїЎў°∙·√№¤■\u{a0}",
    },
    CodePage {
        name: "code page 1250",
        upper: "€\u{81}‚\u{83}„…†‡\u{88}‰Š‹ŚŤŽŹ\u{90}‘’“”•–—\u{98}™š›śťžź\u{a0}ˇ˘Ł¤Ą¦§¨©Ş«¬\u{ad}®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż\
                ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢßŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙",
    },
    CodePage {
        name: "code page 1251",
        upper: "ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u{98}™љ›њќћџ\u{a0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{ad}®Ї°±Ііґµ¶·ё№є»јЅѕїАБВГДЕЖЗИЙКЛМНОПРСТУФ\
                ХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя",
    },
];

/// The bytes that characters stood for.
#[derive(Debug)]
pub(super) struct Bytes {
    pub(super) page: &'static CodePage,
    /// By character, up to the last that any page has. 0x100 where there is none.
    bytes: Vec<u16>,
}

const NONE: u16 = 0x100;

impl CodePage {
    fn bytes(&'static self) -> Bytes {
        let mut bytes = vec![NONE; 0x2600];
        let lower = (0..0x80u8).map(char::from);
        for (byte, c) in (0u16..).zip(lower.chain(self.upper.chars())) {
            if let Some(place) = bytes.get_mut(c as usize) {
                *place = byte;
            }
        }
        Bytes { page: self, bytes }
    }
}

impl Bytes {
    /// The byte of a character; `None` if no byte stands for it.
    pub(super) fn byte(&self, c: char) -> Option<u8> {
        self.bytes.get(c as usize).and_then(|&byte| u8::try_from(byte).ok())
    }
}

/// Why it is not known what bytes characters stood for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// No page has them all.
    NoPage,
    /// Several pages have them all, at different places.
    SeveralPages,
}

/// The page that has all of these characters.
pub(super) fn of_characters(characters: &[char]) -> Result<Bytes, Unknown> {
    let mut fitting =
        PAGES.iter().map(CodePage::bytes).filter(|page| characters.iter().all(|&c| page.byte(c).is_some()));
    let first = fitting.next().ok_or(Unknown::NoPage)?;
    let is_same = |other: Bytes| characters.iter().all(|&c| other.byte(c) == first.byte(c));
    if fitting.all(is_same) { Ok(first) } else { Err(Unknown::SeveralPages) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The characters of a page from byte 0x80 on.
    pub(in crate::input) fn upper(name: &str) -> &'static str {
        PAGES.iter().find(|page| page.name == name).expect("a page").upper
    }

    #[test]
    fn every_page_maps_all_bytes_one_to_one() {
        for page in PAGES {
            let chars: Vec<char> = (0..0x80u8).map(char::from).chain(page.upper.chars()).collect();
            assert_eq!(chars.len(), 256, "{}", page.name);
            let bytes = page.bytes();
            for (byte, &c) in chars.iter().enumerate() {
                assert_eq!(bytes.byte(c).map(usize::from), Some(byte), "{} {byte:x}", page.name);
            }
        }
        assert_eq!(PAGES[0].upper.chars().map(u32::from).collect::<Vec<_>>(), (0x80..0x100).collect::<Vec<_>>());
    }

    #[test]
    fn a_page_is_known_by_its_characters() {
        for page in PAGES {
            let all: Vec<char> = page.upper.chars().collect();
            assert_eq!(of_characters(&all).unwrap().page, page);
        }
        // 850 and 858 differ in one place only.
        assert_eq!(of_characters(&['Ç', 'ü', '¦', '©', '‗']).unwrap().page.name, "code page 850");
        assert_eq!(of_characters(&['¢', '¥', 'ƒ']).unwrap_err(), Unknown::SeveralPages);
        assert_eq!(of_characters(&['é', '\u{fffd}']).unwrap_err(), Unknown::NoPage);
        assert_eq!(of_characters(&['日']).unwrap_err(), Unknown::NoPage);
    }
}
