//! Whom the client trusts, and who it is.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use sse_load::mock::{Builder, MockServer};
use sse_load::prelude::*;
use sse_load::run::{PlanError, RunError};
use sse_load::sample::FailureClass;

use super::{OnceUser, once};

/// A certificate authority that nobody knows.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server that this authority vouches for.
    pub(crate) fn server(&self) -> Builder {
        let (certificate, key) = self.issue(ExtendedKeyUsagePurpose::ServerAuth);
        MockServer::builder().tokens(2).tls(certificate, key)
    }

    /// A client's certificate and key in one text.
    fn client(&self) -> String {
        let (certificate, key) = self.issue(ExtendedKeyUsagePurpose::ClientAuth);
        certificate + &key
    }

    /// A server whose certificate was good up to 2001.
    fn outdated_server(&self) -> Builder {
        let mut params = params();
        (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
        let (certificate, key) = self.sign(&params);
        MockServer::builder().tokens(2).tls(certificate, key)
    }

    fn issue(&self, purpose: ExtendedKeyUsagePurpose) -> (String, String) {
        let mut params = params();
        params.extended_key_usages = vec![purpose];
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.0).expect("a certificate").pem(), key.serialize_pem())
    }
}

fn params() -> CertificateParams {
    CertificateParams::new(["127.0.0.1".to_owned()]).expect("a name")
}

/// The one failure of a run: what it said.
pub(super) fn refusal(report: &Report) -> &str {
    let [failure] = report.failures() else { panic!("expected one kind of failure\n{report}") };
    assert_eq!(failure.class, FailureClass::Connect, "{report}");
    &failure.example
}

#[test]
fn a_server_of_an_unknown_authority_is_refused_and_the_message_says_what_to_do() {
    let server = Authority::new().server().start();
    let stranger = Authority::new();
    for connections in [Connections::default(), Connections::default().ca_certificate_pem(stranger.pem())] {
        let report = once("unknown_ca", &server.url(), 1, connections);
        let example = refusal(&report);
        assert!(example.contains("certificate"), "{example}");
        assert!(example.contains("Connections::ca_certificate_pem"), "{example}");
    }
    assert_eq!(server.request_count(), 0);
}

#[test]
fn a_certificate_that_is_out_of_date_is_said_to_be() {
    let authority = Authority::new();
    let server = authority.outdated_server().start();
    let report = once("outdated", &server.url(), 1, Connections::default().ca_certificate_pem(authority.pem()));
    let example = refusal(&report);
    assert!(example.contains("out of date") && !example.contains("ca_certificate_pem"), "{example}");
}

#[test]
fn a_server_of_a_given_authority_is_trusted_however_many_are_given() {
    let authority = Authority::new();
    let server = authority.server().start();
    assert!(server.url().starts_with("https://"));
    let stranger = Authority::new().pem();
    for connections in [
        Connections::default().ca_certificate_pem(authority.pem()).ca_certificate_pem(stranger.clone()),
        Connections::default().ca_certificate_pem(stranger + &authority.pem()),
    ] {
        let report = once("known_ca", &server.url(), 1, connections);
        assert_eq!(report.request("chat").successes(), 1, "{report}");
        assert!(report.request("chat").connect().min() > ms(0), "a TLS handshake takes time");
    }
}

#[test]
fn a_client_shows_its_certificate_where_the_server_asks() {
    let authority = Authority::new();
    let server = authority.server().require_client_certificate(authority.pem()).start();
    let nameless = Connections::default().ca_certificate_pem(authority.pem());
    let report = once("no_client_certificate", &server.url(), 1, nameless.clone());
    let example = refusal(&report);
    assert!(example.contains("Connections::client_certificate_pem"), "{example}");

    let report = once("client_certificate", &server.url(), 1, nameless.client_certificate_pem(authority.client()));
    assert_eq!(report.request("chat").successes(), 1, "{report}");
    assert_eq!(server.request_count(), 1);
}

#[test]
fn text_that_is_no_pem_stops_the_test_before_it_starts() {
    let authority = Authority::new();
    let without_key = authority.pem();
    for (connections, expected) in [
        (Connections::default().ca_certificate_pem("no PEM"), "BEGIN CERTIFICATE"),
        (Connections::default().client_certificate_pem(without_key), "BEGIN PRIVATE KEY"),
    ] {
        let error = OnceUser::load_test("no_pem").host("https://127.0.0.1:1").connections(connections).try_run();
        let error = error.expect_err("no test can run with it");
        assert!(matches!(error, RunError::Plan { error: PlanError::Client(_), .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}
