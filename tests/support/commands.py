"""The commands of `sekisho`, from its --help: those of the overview, and the verbs of each noun."""
import re

OPERANDS = r"(?: (?:\[?[A-Z=/.…-]+\]?…?))*"


def commands(sekisho):
    """@param sekisho  function from words to (exit code, standard output, standard error)"""
    names = []
    for row in re.findall(rf"^  ([a-z-]+(?: VERB)?){OPERANDS}  ", sekisho("--help")[1], re.M):
        noun = row.split()[0]
        if row.endswith(" VERB"):
            names += re.findall(rf"^  ({noun} [a-z-]+){OPERANDS}  ", sekisho(noun, "--help")[1], re.M)
        else:
            names.append(noun)
    return names
