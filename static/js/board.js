// The board's page: each concern sets itself up.
import { setUpCarry } from "./board/carry.js";
import { setUpColumns } from "./board/columns.js";
import { setUpDrag } from "./board/drag.js";
import { setUpDrawer } from "./board/drawer.js";
import { setUpFilters } from "./board/filters.js";
import { setUpHeads } from "./board/heads.js";
import { setUpLater } from "./board/later.js";
import { setUpLiveCards } from "./board/livecards.js";
import { setUpMoves } from "./board/move.js";
import { setUpSelect } from "./board/select.js";
import { setUpWalk } from "./board/walk.js";

setUpColumns();
setUpCarry();
setUpDrag();
setUpLiveCards();
setUpHeads();
setUpMoves();
setUpDrawer();
setUpFilters();
setUpSelect();
setUpLater();
setUpWalk();
document.body.dataset.ready = "true";
import("./board/presence.js");
