// The views, in the order of the navigation. A view is {name, title, mark, words, sources, show}: `words` is one line of
// plain words on what it shows, `sources` the files that compute it, `show(body)` fills the body and returns a function
// that ends it (listeners, plots, requests).
import {cockpit} from "./cockpit.js";

export const views = [cockpit];
