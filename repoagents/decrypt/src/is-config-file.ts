/** True for the files that the server reads before it runs any agent. */
export function isConfigFile(path: string): boolean {
  return /^(config\.pbtxt|config\.json|configs\/[^/]+\.pbtxt)$/.test(path);
}
