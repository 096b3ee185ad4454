package landfast.conformance;

/** Makes one call of a client that was made before. */
interface Asker {
  Granted ask() throws Exception;
}
