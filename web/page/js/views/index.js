// The views, in the order of the navigation. A view is {name, title, mark, words, sources, show}: `words` is one line of
// plain words on what it shows, `sources` the files that compute it, `show(body)` fills the body and returns a function
// that ends it (listeners, plots, requests). Without `alone` a view is shown only when there is a run.
import {attention} from "./attention.js";
import {beforeAndAfter} from "./before-and-after.js";
import {budget} from "./budget.js";
import {cockpit} from "./cockpit.js";
import {doctor} from "./doctor.js";
import {embeddingMap} from "./embedding-map.js";
import {fork} from "./fork.js";
import {health} from "./health.js";
import {journey} from "./journey.js";
import {lessons} from "./lessons.js";
import {nextTokenBars} from "./next-token-bars.js";
import {playground} from "./playground.js";
import {sampleTimeline} from "./sample-timeline.js";
import {samplingLab} from "./sampling-lab.js";
import {stepMicroscope} from "./step-microscope.js";
import {tokenBench} from "./token-bench.js";

export const views = [
  journey, lessons, cockpit, sampleTimeline, nextTokenBars, attention, embeddingMap, health, stepMicroscope, tokenBench,
  beforeAndAfter, fork, samplingLab, budget, doctor, playground,
];
