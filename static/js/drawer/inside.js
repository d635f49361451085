// What an open drawer needs: loaded with the first one that is opened.
import { byId, on } from "../dom.js";
import { restore } from "../drafts.js";
import { setUpGraph } from "./graph.js";
import { setUpLinks } from "./links.js";
import { setUpReport } from "./report.js";
import { setUpReviews } from "./reviews.js";
import { setUpTabs } from "./tabs.js";

on("drawer:drawn", () => restore(byId("drawer")));
setUpTabs();
setUpLinks();
setUpGraph();
setUpReviews();
setUpReport();
