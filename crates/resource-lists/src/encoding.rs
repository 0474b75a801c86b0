//! The text of a document: UTF-8, or UTF-16 by its byte order mark (XML 1.0 §4.3.3).
