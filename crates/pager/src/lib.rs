//! Sans-IO OMA SIMPLE IM client: pager-mode messages and files over SIP and MSRP.
