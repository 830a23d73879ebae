import { typeOfName } from '../../shared/media-type.js';

/**
 * Extensions of which the generated configuration tells h2o the type, as this package has it: h2o's
 * own table is short, and names no charset.
 */
const EXTENSIONS =
  'txt log csv md css js mjs json map yaml yml ics vcf html htm pdf rtf epub doc docx xls xlsx ppt pptx odt ods odp ' +
  'png jpg jpeg gif webp avif heic ico bmp tif tiff mp3 m4a aac wav ogg oga opus flac mp4 m4v webm mkv mov ogv ' +
  'woff woff2 ttf otf wasm zip gz tar bz2 xz 7z rar';

/** Type that h2o sends for every other file. */
export const H2O_DEFAULT_TYPE = 'application/octet-stream';

/** Types by extension, without the dot. */
export const H2O_TYPES: ReadonlyMap<string, string> = new Map(
  EXTENSIONS.split(' ').map((extension) => [extension, typeOfName(`a.${extension}`)]),
);

/** The type that h2o gives to a file of that name; for h2o an extension may be all of it. */
export function typeInH2o(name: string): string {
  const extension = name.slice(name.lastIndexOf('.') + 1);
  return (name.includes('.') ? H2O_TYPES.get(extension) : undefined) ?? H2O_DEFAULT_TYPE;
}
