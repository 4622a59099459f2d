// Prints what is left of bootstrap-italia's style sheet for the elements and classes of kept.html.
import { PurgeCSS } from "purgecss";

const [result] = await new PurgeCSS().purge({
  content: ["kept.html"],
  css: ["node_modules/bootstrap-italia/dist/css/bootstrap-italia.min.css"],
  fontFace: true,
  keyframes: true,
  variables: true,
});
process.stdout.write(result.css);
