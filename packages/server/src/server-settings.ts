import type { LogSettings } from '@nereid/core';
import type { AccessLogFormat, ServerLogger } from '@nereid/observability';
import type { HostPolicySettings } from './host-policies.js';
import type { RateLimitResourceSettings } from './rate-limit-settings.js';
import type { TraceStartSettings } from './trace-start-settings.js';

/** How the connections of one front end are encrypted; files are PEM. */
export interface TlsSettings {
  readonly useSsl: boolean;
  /** Whether clients must show a certificate; encrypts, too. */
  readonly useSslMutual: boolean;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly rootCert: string;
}

/** The HTTP front end; each name is that of a `--http-…` flag. */
export interface HttpSettings extends TlsSettings {
  /** `native` or `node`. */
  readonly transport: string;
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly reusePort: boolean;
  /** A regular expression; empty forwards nothing. */
  readonly headerForwardPattern: string;
  /** Bytes. */
  readonly maxInputSize: number;
  /** Bytes of all request bodies being served; 0 for half of the memory. */
  readonly maxBodiesSize: number;
  /** `<api>[,<api>…]:<header>=<value>`: APIs that answer only requests with this header. */
  readonly restrictedApi: readonly string[];
}

/** The gRPC front end; each name is that of a `--grpc-…` flag. Times are in milliseconds. */
export interface GrpcSettings extends TlsSettings {
  /** `native` or `grpc-js`. */
  readonly transport: string;
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly reusePort: boolean;
  readonly headerForwardPattern: string;
  /** Responses of a stream that may wait for a slow client. */
  readonly maxResponsePoolSize: number;
  /** Of all messages that are being served together; 0 is half of the memory. */
  readonly maxMessagesSize: number;
  /** Of a compressed message, once inflated. */
  readonly maxInflatedSize: number;
  readonly inferResponseCompressionLevel: string;
  readonly keepaliveTime: number;
  readonly keepaliveTimeout: number;
  readonly keepalivePermitWithoutCalls: boolean;
  readonly http2MaxPingsWithoutData: number;
  readonly http2MinRecvPingIntervalWithoutData: number;
  readonly http2MaxPingStrikes: number;
  readonly maxConnectionAge: number;
  readonly maxConnectionAgeGrace: number;
  /** `<protocol>[,<protocol>…]:<key>=<value>`, as `restrictedApi` of HTTP. */
  readonly restrictedProtocol: readonly string[];
}

/** The metrics front end and what it reports. */
export interface MetricsSettings extends TlsSettings {
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Whether processor and memory use are reported. */
  readonly cpu: boolean;
  readonly intervalMs: number;
  /** Values of `--metrics-config`. */
  readonly config: readonly string[];
}

/** What a hosting service's front end shares with HTTP, whose flags give the values. */
export interface ApiListenerSettings {
  readonly transport: string;
  readonly address: string;
  /** Bytes. */
  readonly maxInputSize: number;
  /** Bytes of all request bodies being served; 0 for half of the memory. */
  readonly maxBodiesSize: number;
  readonly headerForwardPattern: string;
  readonly restrictedApi: readonly string[];
}

/** The SageMaker front end. Empty texts take the plugin's defaults. */
export interface SageMakerSettings extends ApiListenerSettings {
  /** 0 picks a free one. */
  readonly port: number;
  /** `<low>-<high>`: where the ports of all other services must lie. */
  readonly safePortRange: string;
  /** `ready` or `live`. */
  readonly pingMode: string;
  /** `infer`, `generate` or `generate_stream`. */
  readonly inferenceType: string;
  readonly defaultModelName: string;
  /** Models are loaded from nowhere else. */
  readonly modelsDirectory: string;
}

/** The Vertex AI front end. */
export interface VertexAiSettings extends ApiListenerSettings {
  /** 0 picks a free one. */
  readonly port: number;
  /** Empty: the only model of the repository. */
  readonly defaultModel: string;
  readonly predictRoute: string;
  readonly healthRoute: string;
}

/** Everything that can be set, with a value for each: what the flags say. */
export interface ServerSettings {
  readonly id: string;
  readonly exitTimeoutSecs: number;
  /** Threads that HTTP and gRPC run on; 0 for the main thread. */
  readonly frontendThreads: number;
  readonly log: LogSettings;
  /** What a line of the access log looks like. */
  readonly accessLog: 'off' | AccessLogFormat;
  /** Empty: standard output. */
  readonly accessLogFile: string;
  /** Folders, or locations that a store plugin knows. */
  readonly modelRepository: readonly string[];
  readonly exitOnError: boolean;
  readonly disableAutoCompleteConfig: boolean;
  readonly strictReadiness: boolean;
  /** Whether clients may register system shared memory. */
  readonly allowClientShm: boolean;
  readonly modelControlMode: 'none' | 'poll' | 'explicit';
  readonly repositoryPollSecs: number;
  readonly loadModel: readonly string[];
  /** Whether several repositories may have models of the same name. */
  readonly modelNamespacing: boolean;
  readonly modelConfigName: string | undefined;
  readonly modelLoadThreadCount: number;
  readonly modelLoadRetryCount: number;
  readonly http: HttpSettings | false;
  readonly grpc: GrpcSettings | false;
  readonly metrics: MetricsSettings | false;
  readonly sagemaker: SageMakerSettings | false;
  readonly vertexAi: VertexAiSettings | false;
  readonly trace: TraceStartSettings;
  /** Whoever sends no token of this file is turned away; empty asks nobody for a token. */
  readonly authTokensFile: string;
  /** Refuses addresses that others reach without encryption and tokens; moves the default. */
  readonly secure: boolean;
  readonly pluginDirectories: readonly string[];
  /** Whether instances execute only while they have the resources that their models name. */
  readonly rateLimit: 'off' | 'execution_count';
  /** Empty: as many of each as the loaded models need. */
  readonly rateLimitResource: readonly RateLimitResourceSettings[];
  readonly hostPolicy: HostPolicySettings;
  /** Settings by backend, from `--backend-config`; the empty name holds those for every backend. */
  readonly backendConfig: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Settings by the scheme of remote repositories, from `--store-config`, in the same form. */
  readonly storeConfig: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The response cache and its settings, from `--cache-config`; empty for none, never several. */
  readonly cacheConfig: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Settings by repository agent, from `--repoagent-config`. */
  readonly repoagentConfig: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

type PlainSettings = Omit<
  ServerSettings,
  | 'log'
  | 'modelRepository'
  | 'loadModel'
  | 'http'
  | 'grpc'
  | 'metrics'
  | 'sagemaker'
  | 'vertexAi'
  | 'trace'
>;

/**
 * What `createServer` takes: the flags of the command line in camelCase. All but `modelRepository`
 * may be left out; a front end that is `false` is not started.
 */
export interface ServerOptions extends Partial<PlainSettings> {
  readonly modelRepository: string | readonly string[];
  readonly loadModel?: string | readonly string[];
  readonly log?: Partial<LogSettings>;
  readonly http?: Partial<HttpSettings> | false;
  readonly grpc?: Partial<GrpcSettings> | false;
  readonly metrics?: Partial<MetricsSettings> | false;
  /** Off unless given. */
  readonly sagemaker?: Partial<SageMakerSettings> | false;
  /** Off unless given; needs both routes. */
  readonly vertexAi?: Partial<VertexAiSettings> | false;
  readonly trace?: Partial<TraceStartSettings>;
  /** A logger to use instead of one made from `log`; the caller closes it. */
  readonly logger?: ServerLogger;
}
