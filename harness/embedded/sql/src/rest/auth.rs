use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{codes, shell::Login};

/// A user and a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Bytes that a user or a password takes in a token.
const FIELD: usize = 24;
/// The token of the standard user, as every 2.x server gives it.
const STANDARD_TOKEN: &str = "/KfeAzX/f9na8qdtNZmtONryp201ma04bEl8LcvLUd7a8qdtNZmtONryp201ma04";

impl Credentials {
    pub(crate) fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned() }
    }

    /// The login that they are for.
    pub(crate) fn login(&self, database: Option<String>) -> Login {
        Login { user: self.user.clone(), password: self.password.clone(), database, ..Login::default() }
    }

    /// From an `Authorization` header; the error is the code to answer with.
    pub(crate) fn from_header(value: &str) -> Result<Self, i32> {
        let (scheme, rest) = value.trim().split_once(' ').ok_or(codes::HTTP_INVALID_AUTH_FORMAT)?;
        match scheme {
            "Basic" => Self::from_basic(rest.trim()).ok_or(codes::HTTP_INVALID_BASIC_AUTH),
            "Taosd" => Self::from_token(rest.trim()).ok_or(codes::HTTP_INVALID_TAOSD_AUTH),
            _ => Err(codes::HTTP_INVALID_AUTH_TYPE),
        }
    }

    fn from_basic(text: &str) -> Option<Self> {
        let plain = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
        let (user, password) = plain.split_once(':')?;
        let fits = |text: &str| (1..FIELD).contains(&text.len());
        (fits(user) && fits(password)).then(|| Self::new(user, password))
    }

    /// The token that stands for the credentials in `Authorization: Taosd`.
    ///
    /// A real server encrypts it; the model only makes it unreadable, but knows the one that everybody copies.
    pub(crate) fn token(&self) -> String {
        if *self == Self::new("root", "taosdata") {
            return STANDARD_TOKEN.to_owned();
        }
        let mut bytes = Vec::with_capacity(2 * FIELD);
        for text in [&self.user, &self.password] {
            bytes.extend(text.bytes().chain(std::iter::repeat(0)).take(FIELD).map(|byte| byte ^ 0x5a));
        }
        STANDARD.encode(bytes)
    }

    fn from_token(token: &str) -> Option<Self> {
        if token == STANDARD_TOKEN {
            return Some(Self::new("root", "taosdata"));
        }
        let bytes = STANDARD.decode(token).ok().filter(|bytes| bytes.len() == 2 * FIELD)?;
        let text = |half: &[u8]| {
            let plain = half.iter().map(|byte| byte ^ 0x5a).take_while(|byte| *byte != 0).collect();
            String::from_utf8(plain).ok()
        };
        let (user, password) = bytes.split_at(FIELD);
        Some(Self { user: text(user)?, password: text(password)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Basic cm9vdDp0YW9zZGF0YQ==", Ok(Credentials::new("root", "taosdata")))]
    #[case(
        "Taosd /KfeAzX/f9na8qdtNZmtONryp201ma04bEl8LcvLUd7a8qdtNZmtONryp201ma04",
        Ok(Credentials::new("root", "taosdata"))
    )]
    #[case("Foo bar", Err(codes::HTTP_INVALID_AUTH_TYPE))]
    #[case("Taosd bar", Err(codes::HTTP_INVALID_TAOSD_AUTH))]
    #[case("Basic !!", Err(codes::HTTP_INVALID_BASIC_AUTH))]
    fn headers(#[case] header: &str, #[case] credentials: Result<Credentials, i32>) {
        assert_eq!(Credentials::from_header(header), credentials);
    }

    proptest! {
        #[test]
        fn tokens_read_back(user in "[a-z]{1,23}", password in "[ -~]{1,23}") {
            let credentials = Credentials { user, password };
            prop_assert_eq!(Credentials::from_token(&credentials.token()), Some(credentials));
        }

        #[test]
        fn any_header_is_safe(text in "\\PC{0,60}") {
            let _ = Credentials::from_header(&text);
        }
    }
}
