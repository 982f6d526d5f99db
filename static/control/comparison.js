// Times and stored sentences of a comparison, as the reader's language writes them.

import { setText } from "./elements.js";
import { moment } from "./format.js";
import { told } from "./told.js";

for (const time of document.querySelectorAll("[data-moment]")) setText(time, moment(time.dateTime));
for (const sentence of document.querySelectorAll("[data-told]")) setText(sentence, told(sentence.textContent));
