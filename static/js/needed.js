// Scripts that are fetched when they are first wanted.
import { toast } from "./toast.js";

/** The module that `import()` promises; null, and said, where it cannot be fetched: what was asked for is not done. */
export async function needed(promised) {
  try {
    return await promised;
  } catch {
    toast("A part of this page did not load", { detail: "Mission Control cannot be reached. What you typed is kept; try again.", tone: "bad", seconds: 12 });
    return null;
  }
}
