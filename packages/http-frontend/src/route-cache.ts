import { parseRoute, type Route } from './route.js';

const MAX_ROUTES = 512;
/** Longer paths are rare, and not worth their memory. */
const MAX_PATH_LENGTH = 512;

/** Where paths lead, remembered: a client asks for the same few again and again. */
export class RouteCache {
  readonly #routes = new Map<string, Route>();

  /** Undefined for a path that leads nowhere. */
  find(path: string): Route | undefined {
    const known = this.#routes.get(path);
    if (known !== undefined) return known;
    const route = parseRoute(path);
    if (route === undefined || path.length > MAX_PATH_LENGTH) return route;
    // Emptied at once when full: clients whose paths differ each time gain nothing from it.
    if (this.#routes.size >= MAX_ROUTES) this.#routes.clear();
    this.#routes.set(path, route);
    return route;
  }
}
