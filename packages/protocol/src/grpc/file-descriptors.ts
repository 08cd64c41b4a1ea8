/** A .proto file in the form that server reflection hands out. */
export interface SerializedFile {
  /** The path by which other files import it. */
  readonly name: string;
  readonly dependencies: readonly string[];
  /** The full names of the services, methods, messages and enums it declares. */
  readonly symbols: readonly string[];
  /** A serialized google.protobuf.FileDescriptorProto. */
  readonly base64: string;
}

/** The files of all services; loaded when first asked for, as few clients ever ask. */
export async function loadSerializedFiles(): Promise<readonly SerializedFile[]> {
  const { SERIALIZED_FILES } = await import('../generated/file-descriptors.js');
  return SERIALIZED_FILES;
}
