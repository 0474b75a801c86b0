//! Sans-IO SIP user agent: transactions, dialogs, registration, digest retry, server location.
