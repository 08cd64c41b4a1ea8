import { parseArgs } from 'node:util';

export type Scaling = 'NONE' | 'INCEPTION' | 'VGG';
type ClientProtocol = 'http' | 'grpc';

const SCALINGS: readonly string[] = ['NONE', 'INCEPTION', 'VGG'] satisfies Scaling[];

/** How the pictures are sent: one after the other, several at a time, or over one gRPC stream. */
type SendMode = 'sync' | 'async' | 'streaming';

export interface ImageClientArgs {
  readonly modelName: string;
  /** Empty asks the server for the highest version that is ready. */
  readonly modelVersion: string;
  readonly batchSize: number;
  readonly classCount: number;
  readonly scaling: Scaling;
  readonly protocol: ClientProtocol;
  /** `host:port`. */
  readonly address: string;
  readonly sendMode: SendMode;
  readonly verbose: boolean;
  /** Files and folders as given, at least one. */
  readonly paths: readonly string[];
}

export const IMAGE_CLIENT_USAGE = `usage: nereid image-client -m MODEL [options] IMAGE|FOLDER...

  -m, --model-name NAME      model that classifies images
  -x, --model-version N      version of the model (default: the highest that is ready)
  -c, --classes N            classes to show per image (default 1)
  -s, --scaling KIND         NONE, INCEPTION (x / 127.5 - 1) or VGG (mean subtraction); default NONE
  -b, --batch-size N         images per request (default 1)
  -i, --protocol NAME        http or grpc (default http)
  -u, --url HOST:PORT        server (default localhost:8000, with grpc localhost:8001)
  -a, --async                send several requests at a time
      --streaming            send the requests over one stream (grpc only)
  -v, --verbose              print what is asked and answered
  -h, --help                 print this text
`;

/** A wrong command line; the message is a sentence for the user. */
export class UsageError extends Error {}

/** Parses the command line. Returns undefined when help is asked for; throws a UsageError. */
export function parseImageClientArgs(args: readonly string[]): ImageClientArgs | undefined {
  const { values, positionals } = parseOptions(args);
  if (values.help) return undefined;
  const modelName = values['model-name'];
  if (!modelName) throw new UsageError('A model is needed: give its name with -m.');
  if (positionals.length === 0) throw new UsageError('No image is given: name a file or a folder.');
  const protocol = parseProtocol(values.protocol);
  if (values.streaming && protocol !== 'grpc') {
    throw new UsageError('Streaming needs the gRPC protocol: add -i grpc.');
  }
  return {
    modelName,
    modelVersion: parseVersion(values['model-version']),
    batchSize: parseCount(values['batch-size'], '-b'),
    classCount: parseCount(values.classes, '-c'),
    scaling: parseScaling(values.scaling),
    protocol,
    address: parseAddress(values.url, protocol),
    sendMode: values.streaming ? 'streaming' : values.async ? 'async' : 'sync',
    verbose: values.verbose,
    paths: positionals,
  };
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'model-name': { type: 'string', short: 'm', default: '' },
        'model-version': { type: 'string', short: 'x', default: '' },
        classes: { type: 'string', short: 'c', default: '1' },
        scaling: { type: 'string', short: 's', default: 'NONE' },
        'batch-size': { type: 'string', short: 'b', default: '1' },
        protocol: { type: 'string', short: 'i', default: 'http' },
        url: { type: 'string', short: 'u', default: '' },
        async: { type: 'boolean', short: 'a', default: false },
        streaming: { type: 'boolean', default: false },
        verbose: { type: 'boolean', short: 'v', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    // What follows the first sentence is about file names that begin with a dash.
    throw new UsageError(`${message.split('. ', 1)[0]}.`, { cause });
  }
}

function parseVersion(text: string): string {
  if (!/^\d*$/.test(text))
    throw new UsageError(`The version given with -x, ${text}, is no number.`);
  return text;
}

function parseCount(text: string, option: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1e6) {
    throw new UsageError(`${option} needs a whole number from 1 on, not ${text}.`);
  }
  return count;
}

function parseScaling(text: string): Scaling {
  const name = text.toUpperCase();
  if (!isScaling(name)) {
    throw new UsageError(`The scaling given with -s must be one of ${SCALINGS.join(', ')}.`);
  }
  return name;
}

function isScaling(name: string): name is Scaling {
  return SCALINGS.includes(name);
}

function parseProtocol(text: string): ClientProtocol {
  const name = text.toLowerCase();
  if (name !== 'http' && name !== 'grpc') {
    throw new UsageError(`The protocol given with -i must be http or grpc, not ${text}.`);
  }
  return name;
}

function parseAddress(text: string, protocol: ClientProtocol): string {
  if (text === '') return protocol === 'http' ? 'localhost:8000' : 'localhost:8001';
  const port = /^[^/\s]+:(\d{1,5})$/.exec(text)?.[1];
  if (port === undefined || Number(port) > 65535) {
    throw new UsageError(`The server given with -u must look like HOST:PORT, not ${text}.`);
  }
  return text;
}
