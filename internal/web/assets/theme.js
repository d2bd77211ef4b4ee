// Runs before the first paint, so that a remembered theme does not flash.
try {
  const theme = JSON.parse(localStorage.getItem("parley:theme") ?? "null")
  if (theme) document.documentElement.dataset.theme = theme
} catch {
  // storage is forbidden: the system's theme it is
}
