from pomar.cli import main

main(prog_name="pomar")
