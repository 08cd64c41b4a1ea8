export const execute = () => [];
