/** What the templates of a new backend differ in. */
export interface BackendTemplateOptions {
  /** As `config.pbtxt` spells it. */
  readonly name: string;
  readonly nereidVersion: string;
  /** From the package to the server's own sources, if it lies within them. */
  readonly monorepoPath?: string;
}
