package landfast.conformance;

/** What a client gave for one call; the end in seconds since 1970. */
record Granted(String token, long expiresOn) {}
