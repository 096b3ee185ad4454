package landfast.conformance;

/** The selector by object id, for which clients of some age have no method. */
final class ObjectIds {
  /** Calls {@code method} of {@code type} with the id; {@code target} is null where the method is static. */
  static <T> T select(Class<T> type, T target, String method, String id) throws Program.Unsupported {
    try {
      return type.cast(type.getMethod(method, String.class).invoke(target, id));
    } catch (NoSuchMethodException absent) {
      throw new Program.Unsupported("a client of this age has no selector object_id");
    } catch (ReflectiveOperationException failure) {
      throw new IllegalStateException(failure);
    }
  }
}
