// The board's page: each concern sets itself up.
import { setUpAssignees } from "./board/assignees.js";
import { setUpCarry } from "./board/carry.js";
import { setUpColumns } from "./board/columns.js";
import { setUpDrag } from "./board/drag.js";
import { setUpDrawer } from "./board/drawer.js";
import { setUpEdit } from "./board/edit.js";
import { setUpFilters } from "./board/filters.js";
import { setUpHeads } from "./board/heads.js";
import { setUpLiveCards } from "./board/livecards.js";
import { setUpMoveMenu } from "./board/movemenu.js";
import { setUpNewTask } from "./board/newtask.js";
import { setUpWalk } from "./board/walk.js";

setUpColumns();
setUpCarry();
setUpDrag();
setUpLiveCards();
setUpHeads();
setUpMoveMenu();
setUpDrawer();
setUpEdit();
setUpAssignees();
setUpFilters();
setUpNewTask();
setUpWalk();
document.body.dataset.ready = "true";
