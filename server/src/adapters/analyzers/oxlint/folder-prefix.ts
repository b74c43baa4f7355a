/** In the system's temporary folder: of a child's own folder, which is also where it runs. */
export const FOLDER_PREFIX = 'tandem-oxlint-';
