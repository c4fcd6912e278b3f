"""Makes a film of a script through the API alone: ``make_film.py ADDRESS TOKEN SCRIPT FILM``; see README.md."""

import sys
from pathlib import Path

from rushes_client import AuthenticatedClient
from rushes_client.api.assets import asset_file_get
from rushes_client.api.batches import one_batch_get
from rushes_client.api.films import make_film_post, renders_list
from rushes_client.api.projects import projects_post
from rushes_client.api.scripts import script_breakdown_post, scripts_post
from rushes_client.api.teams import teams_list
from rushes_client.models import FilmIn, ProjectIn, Refusal, ScriptIn


def told(answer):
    """Return an answer; a refusal ends the program with what to do next."""
    if answer is None or isinstance(answer, Refusal):
        sys.exit(answer.detail if answer else "The server did not answer as it should.")
    return answer


def main(address: str, token: str, script: Path, film: Path) -> None:
    """Begin a project with the script, break it down, make what it takes, and fetch the film."""
    client = AuthenticatedClient(address, token, timeout=90, follow_redirects=True)
    team = told(teams_list.sync(client=client))[0]
    project = told(projects_post.sync(client=client, body=ProjectIn(team=team.id, name=script.stem)))
    version = told(scripts_post.sync(client=client, body=ScriptIn(project.id, script.read_text(), base_version=0)))
    told(script_breakdown_post.sync(version.id, client=client))
    # The same key, the same film: whoever runs into trouble here may send it again.
    batch = told(make_film_post.sync(project.id, client=client, body=FilmIn(), idempotency_key=f"film-{project.id}"))
    while batch.open_:
        batch = told(one_batch_get.sync(batch.id, client=client, wait=30))
        print(f"{batch.succeeded} of {batch.jobs} made, {batch.failed} failed, {batch.charged_usd} dollars")
    render = told(renders_list.sync(client=client, project=project.id)).results[0]
    film.write_bytes(told(asset_file_get.sync(render.asset.id, client=client)).payload.read())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
