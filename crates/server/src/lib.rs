//! Sans-IO SIP registrar, proxy and conference focus (message exploder) for tests and demos, not for production.
