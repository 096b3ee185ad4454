package landfast.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The versions of the clients that this program was built with, as Maven put them into its jars. */
final class Versions {
  static String of(String artifact) {
    String path = "/META-INF/maven/" + artifact.replace(':', '/') + "/pom.properties";
    Properties properties = new Properties();
    try (InputStream file = Versions.class.getResourceAsStream(path)) {
      properties.load(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return properties.getProperty("version");
  }
}
