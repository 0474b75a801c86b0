//! MIME entities, multipart bodies, message/cpim (RFC 3862) and IMDN (RFC 5438).
