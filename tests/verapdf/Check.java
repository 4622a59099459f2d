import java.io.File;
import java.util.SortedMap;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Prints for each FILE and each of the FLAVOURS, such as 2a,ua1, the rules that the file breaks:
 * "FILE FLAVOUR valid" or "FILE FLAVOUR {CLAUSE-TEST=COUNT, ...}". The exit code is 1 if there are
 * any.
 */
public final class Check {
  private Check() {}

  public static void main(String[] arguments) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    boolean valid = true;
    for (int index = 1; index < arguments.length; index++) {
      for (String flavour : arguments[0].split(",")) {
        SortedMap<String, Integer> broken = broken(new File(arguments[index]), flavour);
        String result = broken.isEmpty() ? "valid" : broken.toString();
        System.out.println(arguments[index] + " " + flavour + " " + result);
        valid &= broken.isEmpty();
      }
    }
    System.exit(valid ? 0 : 1);
  }

  private static SortedMap<String, Integer> broken(File file, String name) throws Exception {
    PDFAFlavour flavour = PDFAFlavour.fromString(name);
    SortedMap<String, Integer> broken = new TreeMap<>();
    try (PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour);
        PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
      ValidationResult result = validator.validate(parser);
      for (TestAssertion each : result.getTestAssertions()) {
        if (each.getStatus() == TestAssertion.Status.FAILED) {
          String rule = each.getRuleId().getClause() + "-" + each.getRuleId().getTestNumber();
          broken.merge(rule, 1, Integer::sum);
        }
      }
      if (broken.isEmpty() && !result.isCompliant()) {
        throw new IllegalStateException("not compliant, and no rule is named: " + file);
      }
    }
    return broken;
  }
}
