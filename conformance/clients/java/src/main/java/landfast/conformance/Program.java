package landfast.conformance;

import com.azure.json.JsonProviders;
import com.azure.json.JsonReader;
import com.azure.json.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Asks for a token as one case of the conformance suite says, with one of Java's official clients, and prints what
 * came of it as one JSON line. The token itself is never printed.
 */
final class Program {
  /** The client has no means to express what the case asks for. */
  static final class Unsupported extends Exception {
    Unsupported(String reason) {
      super(reason);
    }
  }

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("usage: client CASE_JSON");
      System.exit(2);
    }
    Case asked = Case.parse(arguments[0]);
    Client client = Client.named(asked.client());
    System.out.println(toJson(run(client, asked)));
    // The HTTP client's threads would keep the process for a while.
    System.exit(0);
  }

  private static Map<String, Object> run(Client client, Case asked) {
    Map<String, Object> outcome = new LinkedHashMap<>();
    outcome.put("client", asked.client());
    outcome.put("version", Versions.of(client.artifact()));
    int[] calls = {0};
    long started = System.nanoTime();
    try {
      Granted last = callAll(client, asked, calls);
      outcome.put("outcome", "token");
      outcome.put("claims", Claims.of(last.token()));
      outcome.put("expiresOn", last.expiresOn());
      outcome.put("error", null);
    } catch (Exception failure) {
      outcome.put("outcome", failure instanceof Unsupported ? "unsupported" : "error");
      outcome.put("claims", null);
      outcome.put("expiresOn", null);
      outcome.put("error", textOf(failure));
    }
    outcome.put("calls", calls[0]);
    outcome.put("seconds", (System.nanoTime() - started) / 1e9);
    return outcome;
  }

  /** Makes the client once and calls it as often as the case says, up to the first failure. */
  private static Granted callAll(Client client, Case asked, int[] calls) throws Exception {
    Asker asker = client.create(asked);
    Granted last = null;
    while (calls[0] < asked.calls()) {
      calls[0] += 1;
      last = asker.ask();
    }
    return last;
  }

  /** An exception with its causes, as a log would show them. */
  private static String textOf(Throwable failure) {
    StringBuilder text = new StringBuilder();
    Throwable cause = failure;
    while (cause != null) {
      String message = cause.getMessage() == null ? cause.getClass().getName() : cause.getMessage();
      if (text.indexOf(message) < 0) {
        text.append(text.length() == 0 ? "" : ": ").append(message);
      }
      cause = cause.getCause();
    }
    return text.toString();
  }

  private static String toJson(Map<String, Object> outcome) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonWriter writer = JsonProviders.createWriter(text)) {
      writer.writeUntyped(outcome);
    }
    return text.toString();
  }
}
