// SPDX-License-Identifier: Apache-2.0
// Drools and Camunda 7 on the tables of tables.py: one line of JSON a figure, CPU time of the thread, best of several rounds.
import java.io.StringReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import org.camunda.bpm.dmn.engine.DmnDecision;
import org.camunda.bpm.dmn.engine.DmnEngine;
import org.camunda.bpm.dmn.engine.DmnEngineConfiguration;
import org.camunda.bpm.engine.variable.Variables;
import org.kie.dmn.api.core.DMNContext;
import org.kie.dmn.api.core.DMNModel;
import org.kie.dmn.api.core.DMNRuntime;
import org.kie.dmn.core.internal.utils.DMNRuntimeBuilder;
import org.kie.internal.io.ResourceFactory;

public class Bench {
    record Question(int value, int a, String b, int c) {}

    static final Pattern LINE = Pattern.compile("\\{\"row\": \\d+, \"value\": (\\d+), \"facts\": \\{\"a\": (\\d+), \"b\": \"(\\w+)\", \"c\": (\\d+)}}");

    static List<Question> questions(Path file, int limit) throws Exception {
        List<Question> all = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            var match = LINE.matcher(line);
            if (!match.matches()) throw new IllegalStateException(line);
            all.add(new Question(Integer.parseInt(match.group(1)), Integer.parseInt(match.group(2)), match.group(3),
                    Integer.parseInt(match.group(4))));
            if (all.size() == limit) break;
        }
        return all;
    }

    static void measure(String engine, int rows, List<Question> questions, IntFunction<Integer> decide) {
        var threads = ManagementFactory.getThreadMXBean();
        boolean right = true;
        double best = Double.MAX_VALUE;
        long from = System.nanoTime();
        for (int round = 0; round < 5 || System.nanoTime() - from < 5_000_000_000L; round++) {
            long start = threads.getCurrentThreadCpuTime();
            for (int i = 0; i < questions.size(); i++) right &= decide.apply(i) == questions.get(i).value();
            best = Math.min(best, (threads.getCurrentThreadCpuTime() - start) / (double) questions.size());
            if (System.nanoTime() - from > 30_000_000_000L) break;
        }
        System.out.printf(java.util.Locale.ROOT, "{\"engine\":\"%s\",\"what\":\"table %d\",\"ns\":%.0f,\"right\":%b}%n", engine, rows, best, right);
    }

    static void drools(Path folder, int rows, List<Question> questions) throws Exception {
        String text = Files.readString(folder.resolve("table_" + rows + ".dmn"));
        DMNRuntime runtime = DMNRuntimeBuilder.fromDefaults().buildConfiguration()
                .fromResources(List.of(ResourceFactory.newReaderResource(new StringReader(text)))).getOrElseThrow(RuntimeException::new);
        DMNModel model = runtime.getModels().get(0);
        measure("drools", rows, questions, i -> {
            Question question = questions.get(i);
            DMNContext context = runtime.newContext();
            context.set("a", question.a());
            context.set("b", question.b());
            context.set("c", question.c());
            return ((Number) runtime.evaluateAll(model, context).getDecisionResultByName("d").getResult()).intValue();
        });
    }

    static void camunda(Path folder, int rows, List<Question> questions) throws Exception {
        DmnEngine engine = DmnEngineConfiguration.createDefaultDmnEngineConfiguration().buildEngine();
        DmnDecision decision = engine.parseDecision("d", Files.newInputStream(folder.resolve("table_" + rows + ".dmn")));
        measure("camunda", rows, questions, i -> {
            Question question = questions.get(i);
            Map<String, Object> facts = Variables.createVariables().putValue("a", question.a()).putValue("b", question.b())
                    .putValue("c", question.c());
            return ((Number) engine.evaluateDecisionTable(decision, facts).getSingleResult().getSingleEntry()).intValue();
        });
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        for (int rows : new int[] {10, 1000, 16369}) {
            var few = questions(folder.resolve("questions_" + rows + ".jsonl"), rows > 1000 ? 16 : 256);
            for (int engine = 0; engine < 2; engine++) {
                try {
                    if (engine == 0) drools(folder, rows, few);
                    else camunda(folder, rows, few);
                } catch (Throwable problem) {
                    System.err.println((engine == 0 ? "drools " : "camunda ") + rows + " rows: " + problem);
                }
            }
        }
    }
}
