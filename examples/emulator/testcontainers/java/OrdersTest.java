import java.util.UUID;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** Runs the application with an identity. Java cannot set variables of its own process, so the application is another one. */
public class OrdersTest {
  static final DockerImageName IMAGE = DockerImageName.parse("landfast-emulator:0.1.0");

  public static void main(String[] args) throws Exception {
    int code;
    String secret = UUID.randomUUID().toString();
    try (GenericContainer<?> identity = new GenericContainer<>(IMAGE)
        .withEnv("LANDFAST_IDENTITY_HEADER", secret)
        .withCommand("--role", "api://orders=Orders.Read")
        .withExposedPorts(40342)
        .waitingFor(Wait.forLogMessage(".*style answers at.*\\n", 1))) {
      identity.start();
      identity.execInContainer("/usr/bin/landfast", "fault", "429,retry-after=1");
      String place = identity.getHost() + ":" + identity.getMappedPort(40342);
      ProcessBuilder orders = new ProcessBuilder("java", "-cp", System.getProperty("java.class.path"), "Orders");
      orders.environment().put("IDENTITY_ENDPOINT", "http://" + place + "/msi/token");
      orders.environment().put("IDENTITY_HEADER", secret);
      code = orders.inheritIO().start().waitFor();
    }
    System.exit(code);
  }
}
