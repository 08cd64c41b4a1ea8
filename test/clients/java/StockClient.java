import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import triton.client.InferInput;
import triton.client.InferRequestedOutput;
import triton.client.InferResult;
import triton.client.InferenceException;
import triton.client.InferenceServerClient;
import triton.client.pojo.DataType;

/**
 * Calls the server over HTTP with the published Java client. SERVER_HTTP is the server's address, as
 * host:port. Prints a line per test, `ok NAME` or `not ok NAME` after the reasons, and at the end
 * `1..COUNT`.
 */
public class StockClient {
  private static final int LIMIT_MS = 20_000;
  private static final int CONCURRENT_CALLS = 32;

  private interface Test {
    void run(InferenceServerClient client) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    Map<String, Test> tests = new LinkedHashMap<>();
    tests.put("infers with binary tensors in both directions", client -> infersAddSub(client, true));
    tests.put("infers with tensors in JSON", client -> infersAddSub(client, false));
    tests.put("asks for one output", StockClient::asksForOneOutput);
    tests.put("sends id, version, parameters, headers and a query", StockClient::sendsAllArguments);
    tests.put("infers every datatype that Java has, in binary form", c -> infersDatatypes(c, true));
    tests.put("infers every datatype that Java has, in JSON", c -> infersDatatypes(c, false));
    tests.put("infers BYTES", StockClient::infersBytes);
    tests.put("infers a tensor of 4 MiB", StockClient::infersALargeTensor);
    tests.put("infers on many threads at once", StockClient::infersConcurrently);
    tests.put("shows the text of an error", StockClient::showsErrors);

    boolean allPassed = true;
    String address = Objects.requireNonNull(System.getenv("SERVER_HTTP"));
    try (InferenceServerClient client = new InferenceServerClient(address, LIMIT_MS, LIMIT_MS)) {
      for (Map.Entry<String, Test> test : tests.entrySet()) {
        allPassed &= passes(test.getKey(), test.getValue(), client);
      }
    }
    System.out.println("1.." + tests.size());
    System.exit(allPassed ? 0 : 1);
  }

  private static boolean passes(String name, Test test, InferenceServerClient client) {
    try {
      test.run(client);
      System.out.println("ok " + name);
      return true;
    } catch (Exception | AssertionError error) {
      error.printStackTrace(System.out);
      System.out.println("not ok " + name);
      return false;
    }
  }

  private static void expect(Object got, Object want) {
    if (!Objects.deepEquals(got, want)) {
      String text = Arrays.deepToString(new Object[] {got});
      throw new AssertionError(text + ", want " + Arrays.deepToString(new Object[] {want}));
    }
  }

  private static int[] ramp(int first) {
    int[] values = new int[16];
    Arrays.setAll(values, i -> first + i);
    return values;
  }

  private static List<InferInput> addSubInputs(int first, boolean binary) {
    InferInput left = new InferInput("INPUT0", new long[] {1, 16}, DataType.INT32);
    left.setData(ramp(first), binary);
    InferInput right = new InferInput("INPUT1", new long[] {1, 16}, DataType.INT32);
    right.setData(ramp(0), binary);
    return List.of(left, right);
  }

  private static void expectAddSub(InferResult result, int first) {
    int[] sums = new int[16];
    int[] differences = new int[16];
    Arrays.setAll(sums, i -> first + 2 * i);
    Arrays.fill(differences, first);
    expect(result.getOutputAsInt("OUTPUT0"), sums);
    expect(result.getOutputAsInt("OUTPUT1"), differences);
  }

  private static void infersAddSub(InferenceServerClient client, boolean binary) throws Exception {
    List<InferRequestedOutput> outputs =
        List.of(
            new InferRequestedOutput("OUTPUT0", binary),
            new InferRequestedOutput("OUTPUT1", binary));
    InferResult result = client.infer("add_sub", addSubInputs(7, binary), outputs);
    expect(result.getResponse().getModelName(), "add_sub");
    expect(result.getOutputs(), List.of("OUTPUT0", "OUTPUT1"));
    expect(result.getBinaryData() != null, binary);
    expectAddSub(result, 7);
  }

  private static void asksForOneOutput(InferenceServerClient client) throws Exception {
    InferRequestedOutput output = new InferRequestedOutput("OUTPUT1", true);
    InferResult result = client.infer("add_sub", addSubInputs(2, true), List.of(output));
    expect(result.getOutputs(), List.of("OUTPUT1"));
  }

  private static void sendsAllArguments(InferenceServerClient client) throws Exception {
    InferenceServerClient.InferArguments arguments =
        new InferenceServerClient.InferArguments("add_sub", addSubInputs(1, true))
            .setModelVersion("1")
            .setRequestId("one")
            .setPriority(1)
            .setTimeout(1_000_000)
            .setHeader("X-Test", "value")
            .addQueryParam("unused", "1");
    InferResult result = client.infer(arguments);
    expect(result.getResponse().getId(), "one");
    expect(result.getResponse().getModelVersion(), "1");
    expectAddSub(result, 1);
  }

  private static InferResult identity(InferenceServerClient client, InferInput input, String type)
      throws Exception {
    return client.infer("identity_" + type, List.of(input), List.of());
  }

  private static void infersDatatypes(InferenceServerClient client, boolean binary)
      throws Exception {
    long[] shape = {2};
    boolean[] booleans = {true, false};
    InferInput input = new InferInput("INPUT0", shape, DataType.BOOL);
    input.setData(booleans, binary);
    expect(identity(client, input, "bool").getOutputAsBool("OUTPUT0"), booleans);

    byte[] bytes = {-128, 127};
    input = new InferInput("INPUT0", shape, DataType.INT8);
    input.setData(bytes, binary);
    expect(identity(client, input, "int8").getOutputAsByte("OUTPUT0"), bytes);

    short[] shorts = {Short.MIN_VALUE, Short.MAX_VALUE};
    input = new InferInput("INPUT0", shape, DataType.INT16);
    input.setData(shorts, binary);
    expect(identity(client, input, "int16").getOutputAsShort("OUTPUT0"), shorts);

    long[] longs = {Long.MIN_VALUE, Long.MAX_VALUE};
    input = new InferInput("INPUT0", shape, DataType.INT64);
    input.setData(longs, binary);
    expect(identity(client, input, "int64").getOutputAsLong("OUTPUT0"), longs);

    float[] floats = {1.5f, Float.MIN_VALUE};
    input = new InferInput("INPUT0", shape, DataType.FP32);
    input.setData(floats, binary);
    expect(identity(client, input, "fp32").getOutputAsFloat("OUTPUT0"), floats);

    double[] doubles = {Math.PI, -Double.MAX_VALUE};
    input = new InferInput("INPUT0", shape, DataType.FP64);
    input.setData(doubles, binary);
    expect(identity(client, input, "fp64").getOutputAsDouble("OUTPUT0"), doubles);
  }

  private static void infersBytes(InferenceServerClient client) throws Exception {
    String[] words = {"plain", "Zürich", ""};
    for (boolean binary : new boolean[] {true, false}) {
      InferInput input = new InferInput("INPUT0", new long[] {1, 3}, DataType.BYTES);
      input.setData(words, binary);
      InferRequestedOutput output = new InferRequestedOutput("OUTPUT0", false);
      InferResult result = client.infer("identity_bytes", List.of(input), List.of(output));
      expect(result.getResponse().getOutputByName("OUTPUT0").getData(), words);
    }
  }

  private static void infersALargeTensor(InferenceServerClient client) throws Exception {
    float[] values = new float[1 << 20];
    for (int i = 0; i < values.length; i++) values[i] = i;
    InferInput input = new InferInput("INPUT0", new long[] {values.length}, DataType.FP32);
    input.setData(values, true);
    InferRequestedOutput output = new InferRequestedOutput("OUTPUT0", true);
    InferResult result = client.infer("identity_fp32", List.of(input), List.of(output));
    expect(result.getOutputAsFloat("OUTPUT0"), values);
  }

  private static void infersConcurrently(InferenceServerClient client) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<InferResult>> calls = new ArrayList<>();
      for (int i = 0; i < CONCURRENT_CALLS; i++) {
        List<InferInput> inputs = addSubInputs(i, true);
        calls.add(threads.submit(() -> client.infer("add_sub", inputs, List.of())));
      }
      for (int i = 0; i < CONCURRENT_CALLS; i++) expectAddSub(calls.get(i).get(), i);
    } finally {
      threads.shutdownNow();
    }
  }

  private static void showsErrors(InferenceServerClient client) throws Exception {
    refuses(client, "nope", addSubInputs(0, true), "Request for unknown model: 'nope' is not found");
    String count = "expected 2 inputs but got 1 inputs for model 'add_sub'";
    refuses(client, "add_sub", addSubInputs(0, true).subList(0, 1), count);
    InferInput input = new InferInput("INPUT0", new long[] {1, 1}, DataType.FP32);
    input.setData(new float[] {-1}, true);
    refuses(client, "moody", List.of(input), "model says no");
  }

  private static void refuses(
      InferenceServerClient client, String model, List<InferInput> inputs, String text)
      throws Exception {
    try {
      client.infer(model, inputs, List.of());
    } catch (InferenceException error) {
      if (error.getMessage().contains(text)) return;
      throw error;
    }
    throw new AssertionError(model + " accepted the request");
  }
}
