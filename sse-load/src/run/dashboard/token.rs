//! What the stop button needs.

use std::fmt;
use std::io;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

/// Random bytes of a token: more than anyone tries out.
const BYTES: usize = 18;

/// What the stop button needs; it is in no message but the one address that is said at the start.
#[derive(Clone)]
pub(super) struct Token {
    text: String,
    /// Whether whoever runs the test knows it already.
    is_given: bool,
}

impl Token {
    pub(super) fn given(text: &str) -> Self {
        Self { text: text.to_owned(), is_given: true }
    }

    /// The one of this process, so that the page of one load test can stop the next one at the same address.
    pub(super) fn of_process() -> io::Result<Self> {
        static TOKEN: OnceLock<Token> = OnceLock::new();
        if let Some(token) = TOKEN.get() {
            return Ok(token.clone());
        }
        let token = Self { text: random()?, is_given: false };
        Ok(TOKEN.get_or_init(|| token).clone())
    }

    /// What is added to the address, which no browser sends to a server. One that was given is not said again.
    pub(super) fn fragment(&self) -> String {
        if self.is_given { String::new() } else { format!("#token={}", self.text) }
    }

    /// Whether this is it, in a time that does not tell how much of it is.
    pub(super) fn is(&self, other: &[u8]) -> bool {
        self.text.as_bytes().ct_eq(other).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A text that nobody guesses.
pub(super) fn random() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_token_is_that_of_the_process_and_in_its_address_only() {
        let token = Token::of_process().expect("random bytes");
        let text = token.fragment().strip_prefix("#token=").map(str::to_owned).expect("a fragment");
        assert_eq!(text.len(), 24);
        assert!(Token::of_process().expect("the same").is(text.as_bytes()));
        for wrong in ["", &text[1..], &format!("{text}x"), &random().expect("random bytes")] {
            assert!(!token.is(wrong.as_bytes()), "{wrong}");
        }
        assert_eq!(format!("{token:?}"), "Token(..)");
    }

    #[test]
    fn a_given_token_is_not_said_again() {
        let token = Token::given("0123456789abcdef");
        assert_eq!(token.fragment(), "");
        assert!(token.is(b"0123456789abcdef"));
    }
}
