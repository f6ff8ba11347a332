"""Cases about anything, in English and Chinese, written by hand: suites beside those of the support desk."""
