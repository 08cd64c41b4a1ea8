import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

const FOLDER = new URL('../../assets/', import.meta.url);

export interface DocsPage {
  readonly body: Uint8Array;
  /** Nothing but what the page itself contains may run, and nothing else be loaded. */
  readonly contentSecurityPolicy: string;
}

let page: Promise<DocsPage> | undefined;

/** The page that shows the OpenAPI document; read once. */
export function docsPage(): Promise<DocsPage> {
  page ??= readPage();
  return page;
}

async function readPage(): Promise<DocsPage> {
  const [html, style, script] = await Promise.all(
    ['docs.html', 'docs.css', 'docs-script.js'].map((name) =>
      readFile(new URL(name, FOLDER), 'utf8'),
    ),
  );
  const text = (html ?? '')
    .replace('<!-- style -->', () => `<style>${style}</style>`)
    .replace('<!-- script -->', () => `<script type="module">${script}</script>`);
  return {
    body: Buffer.from(text, 'utf8'),
    contentSecurityPolicy: [
      "default-src 'none'",
      `style-src ${hashOf(style)}`,
      `script-src ${hashOf(script)}`,
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  };
}

function hashOf(text = ''): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
