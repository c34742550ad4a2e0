/** Pages of metrics that a test serves, and what each scrape of them was told. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { portOf } from '../splitter/splitter-rig.ts';

/** `null`: the scrape is answered with an error. `scrape` counts from 0. */
export type Page = (scrape: number) => Readonly<Record<string, number>> | null;

export interface Scraped {
  atMs: number;
  values: Readonly<Record<string, number>> | null;
}

export class MetricsPages {
  readonly address: string;
  private readonly server: Server;
  private readonly log = new Map<string, Scraped[]>();

  private constructor(server: Server) {
    this.server = server;
    this.address = `127.0.0.1:${portOf(server)}`;
  }

  /** By path. */
  static async start(pages: Readonly<Record<string, Page>>): Promise<MetricsPages> {
    const server = createServer((request, response) => {
      const path = request.url ?? '';
      const page = pages[path];
      if (page === undefined) response.writeHead(404).end();
      else served.serve(path, page, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const served = new MetricsPages(server);
    return served;
  }

  /** The scrapes of a page, in their order. */
  scrapes(path: string): readonly Scraped[] {
    return this.log.get(path) ?? [];
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(path: string, page: Page, response: ServerResponse): void {
    const log = this.log.get(path) ?? [];
    this.log.set(path, log);
    const values = page(log.length);
    log.push({ atMs: Date.now(), values });
    if (values === null) response.writeHead(500).end();
    else response.end(pageText(values));
  }
}

/** Each name with its labels and value on a line. */
export function pageText(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([series, value]) => `${series} ${Number.isNaN(value) ? 'NaN' : value}\n`)
    .join('');
}
