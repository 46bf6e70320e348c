//! What the environment says of the terminal.

/// What the environment says of the terminal.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Terminal {
    /// Whether whoever looks wants no colours (<https://no-color.org>).
    pub(super) no_color: bool,
    /// Whether it can't move its cursor.
    pub(super) is_dumb: bool,
    /// `LC_ALL`, `LC_CTYPE` and `LANG`: the first that is not empty names the locale (POSIX, "Environment Variables").
    pub(super) locale: [String; 3],
}

impl Terminal {
    /// Whether it shows more than ASCII: unless the locale is of something else.
    pub(super) fn is_unicode(&self) -> bool {
        let name = self.locale.iter().find(|name| !name.is_empty());
        name.is_none_or(|name| name.to_ascii_lowercase().replace('-', "").contains("utf8"))
    }

    pub(super) fn has_colour(&self) -> bool {
        self.is_unicode() && !self.no_color
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_name_of_a_locale_says_whether_it_is_unicode() {
        let is_unicode =
            |names: [&str; 3]| Terminal { locale: names.map(str::to_owned), ..Terminal::default() }.is_unicode();
        for names in [["", "", ""], ["", "", "de_DE.UTF-8"], ["C.utf8", "", "C"], ["", "en_GB.UTF-8", "C"]] {
            assert!(is_unicode(names), "{names:?}");
        }
        for names in [["", "", "C"], ["", "POSIX", "C.UTF-8"], ["de_DE.ISO-8859-1", "C.UTF-8", ""]] {
            assert!(!is_unicode(names), "{names:?}");
        }
    }
}
