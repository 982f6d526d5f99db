// Who works, kept true.

import { keepAlive } from "./living_page.js";

keepAlive(2000);
